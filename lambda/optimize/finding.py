"""The best choice: a relaxation tells a bound and the options that matter; among those it is sought.

Options whose reduced cost lifts the bound above what is already found cannot be part of anything better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Limit
from optimize.fleet import Fleet, Numbers, Places
from optimize.groups import together
from optimize.programme import Programme
from optimize.requirement import Requirement
from optimize.solver import Solved, Solver

Aim = Callable[[Programme], Numbers]
"""What a programme's columns cost."""
Kept = NDArray[np.bool_]
NONE = float("inf")
GUESS = 2.0


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
        return (
            max(0.0, (self.value - self.bound) / max(abs(self.value), 1e-9))
            if self.counts is not None
            else 0.0
        )


@dataclass(frozen=True)
class Part:
    """The programme of groups that may be used together, its costs and its relaxation."""

    programme: Programme
    places: Places
    cost: Numbers
    relaxed: Solved


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
        below: float = NONE,
        effort: int | None = None,
    ) -> Found:
        """The least by `aim`; only what is below `below` is of interest."""
        search = self.solver.search
        bounded = requirement.without(measured) if measured else requirement
        sets, all_sets = together(fleet, bounded, search.sets)
        parts = [self._part(fleet, groups, requirement, aim, measured) for groups in sets]
        ordered = sorted(
            (part for part in parts if part.relaxed.values is not None), key=lambda p: p.relaxed.value
        )
        counts, value, bounds, proven = None, below, [], all_sets
        for part in ordered:
            if part.relaxed.value >= value - self._slack(value):
                bounds.append(part.relaxed.value)
                break
            values, sure = self._whole(part, value, search.effort if effort is None else effort)
            if values is not None:
                counts = np.zeros(len(fleet), np.int64)
                counts[part.places] = np.rint(values[: len(part.places)]).astype(np.int64)
                value = float(part.cost @ values)
            bounds.append(value if sure else part.relaxed.value)
            proven = proven and sure
        bound = min([value, *bounds])
        return Found(
            counts, value, bound, proven or (counts is not None and value - bound <= self._slack(value))
        )

    def _part(
        self, fleet: Fleet, groups: list[int], requirement: Requirement, aim: Aim, measured: Limit | None
    ) -> Part:
        own, places = fleet.within(groups)
        programme = Programme(own, requirement, measured)
        cost = aim(programme)
        return Part(programme, places, cost, self.solver.relaxed(programme.rows, cost))

    def _whole(self, part: Part, below: float, effort: int) -> tuple[Numbers | None, bool]:
        """Better values than `below` where there are some, and whether nothing better is left."""
        search, relaxed, size = self.solver.search, part.relaxed, len(part.places)
        assert relaxed.values is not None  # noqa: S101 - parts that have none are left out
        assert relaxed.reduced is not None  # noqa: S101 - every relaxation has them
        reduced = np.maximum(relaxed.reduced[:size], 0.0)
        first = np.where(relaxed.values[:size] > 0, -1.0, reduced)
        kernel = self._kernel(first, search.columns)
        tried = self._first(part, kernel, below, effort)
        value = min(below, tried.value)
        rest = (relaxed.value + reduced < value - self._slack(value)) | kernel
        if value - relaxed.value <= self._slack(value) or (tried.proven and not (rest & ~kernel).any()):
            return self._better(tried, below), True
        all_of_them = int(rest.sum()) <= search.most_columns
        if not all_of_them and value < NONE:
            return self._better(tried, below), False
        rest = rest if all_of_them else self._kernel(first, search.most_columns)
        again = self._among(part, rest, value, effort)
        return self._better(again if again.value < value else tried, below), again.proven and all_of_them

    def _kernel(self, first: Numbers, count: int) -> Kept:
        """The options that the relaxation chose (below 0), and those that it would choose next."""
        kept = np.zeros(len(first), bool)
        kept[np.argsort(first, kind="stable")[: max(count, int((first < 0).sum()))]] = True
        return kept

    def _first(self, part: Part, kernel: Kept, below: float, effort: int) -> Solved:
        """Sought first where it costs at most `GUESS` times the bound: without, numbers have no end."""
        guess = GUESS * part.relaxed.value
        if 0 < guess < below and (part.cost >= 0).all():
            tried = self._among(part, kernel, guess, effort)
            if tried.value < guess:
                return tried
        return self._among(part, kernel, below, effort)

    def _among(self, part: Part, kept: Kept, below: float, effort: int) -> Solved:
        """Whole numbers of the options that are kept, none so many that it costs `below` alone."""
        most, size = np.array(part.programme.rows.most), len(part.places)
        most[:size][~kept] = 0
        if below < NONE and (part.cost >= 0).all():
            dear = part.cost[:size] > 0
            most[:size][dear] = np.minimum(most[:size][dear], np.floor(below / part.cost[:size][dear] + 1e-6))
        return self.solver.whole(part.programme.rows, part.cost, most, effort)

    def _better(self, solved: Solved, below: float) -> Numbers | None:
        return solved.values if solved.value < below else None

    def _slack(self, value: float) -> float:
        return self.solver.search.gap * abs(value) + 1e-9 if value < NONE else 0.0
