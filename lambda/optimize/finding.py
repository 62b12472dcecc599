"""The best choice: of each set of groups that may be used together, as long as its bound leaves room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catalog.contract import Limit
from optimize.fleet import Fleet, Places
from optimize.groups import together
from optimize.programme import Programme
from optimize.requirement import Requirement
from optimize.rows import INFINITE
from optimize.seeking import Aim, Part, Seeker
from optimize.solver import Solver

Barren = list[set[int]]
"""Groups within which no choice was found."""


@dataclass(frozen=True)
class Found:
    """`counts` of the fleet's options, None where nothing was found; nothing costs less than `bound`."""

    counts: Places | None
    value: float
    bound: float
    proven: bool

    @property
    def gap(self) -> float:
        """What may be left to win, as a share."""
        left = max(0.0, self.value - self.bound) if self.counts is not None else 0.0
        return min(1.0, left / max(abs(self.value), 1e-9))


@dataclass(frozen=True)
class Finder:
    solver: Solver

    def best(
        self,
        fleet: Fleet,
        requirement: Requirement,
        aim: Aim = Programme.price,
        *,
        measured: Limit | None = None,
        below: float = INFINITE,
        effort: int | None = None,
        any_one: bool = False,
        barren: Barren | None = None,
    ) -> Found:
        """The least by `aim`, or `any_one`; only what is below `below` is of interest. Sets of groups within
        those of `barren` are left out; with it, those that hold nothing are added."""
        merged, kinds = fleet.merged()
        seeker = Seeker(self.solver, requirement, aim, measured, effort or self.solver.search.effort, any_one)
        barren = [] if barren is None else barren
        ordered, rest = self._parts(seeker, merged, barren)
        counts, value, bounds = None, below, [rest]
        for part in ordered:
            slack = seeker.slack(value)
            if part.relaxed.bound >= value - slack or (any_one and counts is not None):
                bounds.append(part.relaxed.bound)
                break
            made, bound = seeker.best(part, value)
            if made.counts is not None:
                counts = np.zeros(len(fleet), np.int64)
                counts[kinds[part.places]] = made.counts
                value = made.value
            bounds.append(bound)
            if made.counts is None and below == INFINITE:
                barren.append(set(part.groups))
        bound, slack = min([value, *bounds]), seeker.slack(value)
        settled = None if counts is None else fleet.settled(counts)
        return Found(settled, value, bound, bound >= value - slack)

    def _parts(self, seeker: Seeker, fleet: Fleet, barren: Barren) -> tuple[list[Part], float]:
        """The least bound first, without those that have no choice; and the bound of sets left out."""
        requirement, most = seeker.requirement, self.solver.search.sets
        bounded = requirement.without(seeker.measured) if seeker.measured else requirement
        sets, whole = together(fleet, bounded, most)
        parts = [seeker.part(fleet, own) for own in sets if not any(each.issuperset(own) for each in barren)]
        rest = [] if whole else [seeker.part(fleet, range(len(fleet.groups))).relaxed.bound]
        able = [part for part in parts if part.relaxed.values is not None]
        none = [part for part in parts if part.relaxed.values is None]
        barren += [set(part.groups) for part in none]
        rest += [part.relaxed.bound for part in none]
        return sorted(able, key=lambda part: part.relaxed.bound), min(rest, default=INFINITE)
