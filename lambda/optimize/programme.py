"""What may be chosen, and within which limits, as a mixed-integer programme.

Distances have no row here: `groups.py` tells which groups are near enough to be used together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from catalog.contract import Limit
from optimize.fleet import Fleet, Numbers, Places
from optimize.requirement import Requirement
from optimize.rows import INFINITE, Rows, joined

SPELLED = 40
"""Sets of failing groups that get a row each."""


class Programme:
    """The first columns are the options' numbers."""

    def __init__(
        self,
        fleet: Fleet,
        requirement: Requirement,
        measured: Limit | None = None,
        *,
        spelled: bool = False,
    ) -> None:
        """`measured` is a limit without a bound, whose own value `aim` is about. `spelled` has a row for each
        set of groups that may fail, if they are few: longer, but of whole numbers, which HiGHS cuts well."""
        self.fleet, self.requirement, self.rows = fleet, requirement, Rows()
        able = len(fleet.members)
        self.spelled = spelled and requirement.failures < able
        self.spelled = self.spelled and math.comb(able, requirement.failures) <= SPELLED
        self.units = self.rows.columns(len(fleet), fleet.most, whole=True)
        self.rows.add((self.units, 1.0), low=1)
        self.aim: tuple[Places, Numbers] | None = None
        makers: dict[str, Callable[[Limit, float | None], None]] = {
            "supply": self._supply,
            "cost": self._cost,
            "mean": self._mean,
            "groups": self._groups,
            "share": self._share,
        }
        for limit in requirement.limits:
            if limit.kind in makers:
                makers[limit.kind](limit, None if limit == measured else requirement.values[limit.name])

    @cached_property
    def capacity(self) -> Places:
        """Columns of each group's capacity."""
        return self._inside(self.requirement.unit)

    @cached_property
    def weight(self) -> Numbers:
        """The capacity of one of each option."""
        return self.fleet.columns[self.requirement.unit.column]

    def price(self) -> Numbers:
        """What a column costs, with the price put on what is no money."""
        made = np.zeros(self.rows.width)
        made[: len(self.fleet)] = prices(self.fleet, self.requirement)
        return made

    def aimed(self, sign: float, share: float = 0.0) -> Numbers:
        """The measured value as costs, times `sign`; less the share of the capacity."""
        made = np.zeros(self.rows.width)
        if self.aim:
            made[self.aim[0]] = sign * self.aim[1]
        made[: len(self.fleet)] -= share * self.weight
        return made

    def _inside(self, limit: Limit) -> Places:
        """Columns of each group's sum of a supply."""
        column = self.fleet.columns[limit.column]
        sums = self.rows.columns(len(self.fleet.members))
        for place, own in enumerate(self.fleet.members):
            self.rows.add((self.units[own], column[own]), (sums[place : place + 1], -1.0), low=0, high=0)
        return sums

    def _supply(self, limit: Limit, value: float | None) -> None:
        """What is left when the `failures` largest groups fail: their sum is f t + sum of d, by duality."""
        if self.spelled and value is not None:
            self._each_failing(self.fleet.columns[limit.column], value)
            return
        sums = self.capacity if limit == self.requirement.unit else self._inside(limit)
        terms: list[tuple[Places, Numbers | float]] = [(sums, 1.0)]
        if failures := self.requirement.failures:
            each, beyond = self.rows.columns(len(sums)), self.rows.columns(1)
            for place in range(len(sums)):
                one = slice(place, place + 1)
                self.rows.add((sums[one], 1.0), (each[one], -1.0), (beyond, -1.0), high=0)
            terms += [(each, -1.0), (beyond, -float(failures))]
        self._bound(terms, low=value)

    def _each_failing(self, column: Numbers, value: float) -> None:
        for failing in itertools.combinations(range(len(self.fleet.members)), self.requirement.failures):
            staying = np.flatnonzero(~np.isin(self.fleet.group, failing))
            self.rows.add((self.units[staying], column[staying]), low=value)

    def _cost(self, _: Limit, value: float | None) -> None:
        self._bound([(self.units, self.fleet.cost)], high=value)

    def _mean(self, limit: Limit, value: float | None) -> None:
        column = self.fleet.columns[limit.column]
        if value is None:
            self._bound([(self.units, column * self.weight)])
        else:
            self.rows.add((self.units, (column - value) * self.weight), high=0)

    def _share(self, _: Limit, value: float | None) -> None:
        """Of each group: at most this share of all, or, measured, at most a column that is the largest."""
        if self.spelled and value is not None:
            for own in self.fleet.members:
                inside = np.isin(self.units, own)
                self.rows.add((self.units, (inside - value) * self.weight), high=0)
            return
        top = self.rows.columns(1)
        if value is None:
            self._bound([(top, 1.0)])
        else:
            self.rows.add((self.capacity, 1.0), (top, -1.0), low=0, high=0)
        for place in range(len(self.capacity)):
            self.rows.add(
                (self.capacity[place : place + 1], 1.0), (top, -1.0 if value is None else -value), high=0
            )

    def _groups(self, _: Limit, value: float | None) -> None:
        used = self.rows.columns(len(self.fleet.members), 1.0, whole=True)
        for place, own in enumerate(self.fleet.members):
            self.rows.add((self.units[own], 1.0), (used[place : place + 1], -1.0), low=0)
        self._bound([(used, 1.0)], low=value)

    def _bound(
        self,
        terms: list[tuple[Places, Numbers | float]],
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        """A row, or what is aimed at."""
        if low is None and high is None:
            self.aim = joined(*terms)
        else:
            self.rows.add(
                *terms, low=-INFINITE if low is None else low, high=INFINITE if high is None else high
            )


def prices(fleet: Fleet, requirement: Requirement) -> Numbers:
    """What one of each option costs, with the price put on what is no money."""
    found = fleet.cost.copy()
    for limit in requirement.optimizer.of("price"):
        found += requirement.values.get(limit.name, 0.0) * fleet.columns[limit.column]
    return found
