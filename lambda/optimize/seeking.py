"""The best choice within groups that may be used together.

A relaxation tells a bound and the options that matter; whole numbers are sought among the first of those,
then among all that may be part of something better. Reduced costs lift the bound for each that is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.contract import Limit
from optimize.dominance import Kept, dominated
from optimize.fleet import Fleet, Numbers, Places
from optimize.programme import Programme
from optimize.requirement import Requirement
from optimize.rows import INFINITE
from optimize.solver import Solved, Solver, Task

Aim = Callable[[Programme], Numbers]
"""What a programme's columns cost."""
GUESS = 2.0
NEAR, WIDE = 2, 8
"""How far whole numbers may be from the relaxation's: HiGHS is slow to narrow wide ones down."""


@dataclass(frozen=True)
class Part:
    """The options of groups, their places in the fleet, what they cost, and the relaxation."""

    groups: Sequence[int]
    fleet: Fleet
    places: Places
    cost: Numbers
    relaxed: Solved

    @property
    def reduced(self) -> Numbers:
        """By how much one of each option lifts the bound, at least."""
        assert self.relaxed.reduced is not None  # noqa: S101 - every relaxation that has values has them
        return np.maximum(self.relaxed.reduced[: len(self.fleet)], 0.0)

    @property
    def numbers(self) -> Numbers:
        """Of each option, in the relaxation."""
        assert self.relaxed.values is not None  # noqa: S101 - parts that have none are left out
        return self.relaxed.values[: len(self.fleet)]


@dataclass(frozen=True)
class Choice:
    """`counts` of a part's options that are worth `value`; nothing of those looked at is below `bound`."""

    counts: Numbers | None
    value: float
    bound: float


@dataclass(frozen=True)
class Seeker:
    """Seeks the least by `aim`, with so much effort each time."""

    solver: Solver
    requirement: Requirement
    aim: Aim
    measured: Limit | None
    effort: int
    any_one: bool

    @property
    def exact(self) -> bool:
        """Whether the best is of interest; how far a limit must be loosened need not be proven."""
        return not (self.any_one or self.measured)

    def part(self, fleet: Fleet, groups: Sequence[int]) -> Part:
        places = np.flatnonzero(np.isin(fleet.group, groups))
        own = fleet.only(places)
        programme = Programme(own, self.requirement, self.measured)
        cost = self.aim(programme)
        return Part(groups, own, places, cost, self.solver.relaxed(programme.rows, cost))

    def best(self, part: Part, below: float) -> tuple[Choice, float]:
        """Better than `below` where there is something, and the bound of all there is."""
        search, lowest, reduced = self.solver.search, part.relaxed.bound, part.reduced
        used = part.numbers > 0
        order = np.argsort(np.where(used, -1.0, reduced), kind="stable")
        kernel = _first(order, max(search.columns, int(used.sum())), len(order))
        made = self._guessed(part, kernel) if below == INFINITE else Choice(None, INFINITE, -INFINITE)
        value = min(below, made.value)
        if value - lowest <= self.slack(value) or (self.any_one and made.counts is not None):
            return made, lowest
        room = self._room(part, value)
        if made.bound >= value - self.slack(value) and not (room & ~kernel).any():
            return made, min(made.bound, value - self.slack(value))
        if made.counts is not None:
            room |= made.counts > 0
        kept = _first(order[room[order]], search.most_columns, len(order))
        again = self._among(part, kept, Task(self.effort, value, made.counts), 0 if self.exact else WIDE)
        left = lowest + float(np.min(reduced[room & ~kept], initial=INFINITE))
        bound = max(lowest, min(again.bound, left, value - self.slack(value)))
        return again if again.value < made.value else made, bound

    def slack(self, value: float) -> float:
        return self.solver.search.gap * abs(value) + 1e-9 if value < INFINITE else 0.0

    def _room(self, part: Part, value: float) -> Kept:
        """The options that may be part of something better."""
        room = part.relaxed.bound + part.reduced < value - self.slack(value)
        if self.measured or value == INFINITE:
            return room
        return room & ~dominated(part.fleet, self.requirement, value)

    def _guessed(self, part: Part, kernel: Kept) -> Choice:
        """Sought first near the relaxation, then where it costs at most `GUESS` times the bound: without,
        numbers have no end."""
        made = self._among(part, kernel, Task(self.effort // 2), NEAR)
        if made.counts is not None or not self.exact:
            return made
        guess = GUESS * part.relaxed.bound
        if guess > 0 and (part.cost >= 0).all():
            return self._among(part, kernel, Task(self.effort, guess))
        return self._among(part, kernel, Task(self.effort))

    def _among(self, part: Part, kept: Kept, task: Task, near: int = 0) -> Choice:
        """Whole numbers of the options that are kept, none so many that it costs too much alone."""
        places = np.flatnonzero(kept)
        programme = Programme(part.fleet.only(places), self.requirement, self.measured, spelled=True)
        most, cost = np.array(programme.rows.most), self.aim(programme)
        if task.below < INFINITE and (cost >= 0).all():
            dear = np.flatnonzero(cost[: len(places)] > 0)
            most[dear] = np.minimum(most[dear], np.floor(task.below / cost[dear] + 1e-6))
        least = np.zeros(len(most))
        if near:
            at = part.numbers[places]
            least[: len(places)] = np.maximum(np.floor(at) - near, 0)
            most[: len(places)] = np.minimum(most[: len(places)], np.ceil(at) + near)
        start = None if task.start is None else task.start[places]
        solved = self.solver.whole(
            programme.rows, cost, (least, most), Task(task.effort, task.below, start, self.any_one)
        )
        if solved.values is None or solved.value >= task.below:
            return Choice(None, INFINITE, -INFINITE if near else min(solved.bound, task.below))
        counts = np.zeros(len(part.fleet))
        counts[places] = np.rint(solved.values[: len(places)])
        return Choice(counts, float(cost @ solved.values), -INFINITE if near else solved.bound)


def _first(order: Places, count: int, of: int) -> Kept:
    kept = np.zeros(of, bool)
    kept[order[:count]] = True
    return kept
