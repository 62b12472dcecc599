"""What a choice comes to, in exact figures of the chosen numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catalog.contract import Limit
from optimize.fleet import Fleet, Numbers, Places
from optimize.programme import prices
from optimize.requirement import Requirement


@dataclass(frozen=True)
class Figures:
    """Of `counts` of the fleet's options."""

    fleet: Fleet
    requirement: Requirement
    counts: Places

    def sums(self, column: str) -> Numbers:
        """By group."""
        values = self.fleet.columns[column] * self.counts
        found = np.bincount(self.fleet.group, values, minlength=len(self.fleet.groups))
        return found.astype(np.float64)

    @cached_property
    def capacity(self) -> Numbers:
        """By group, in the unit of the requirement."""
        return self.sums(self.requirement.unit.column)

    @cached_property
    def used(self) -> list[int]:
        """Places of the groups with units in them."""
        return np.flatnonzero(self.sums("") > 0).tolist()

    @property
    def cost(self) -> float:
        return float(self.fleet.cost @ self.counts)

    @property
    def objective(self) -> float:
        return float(prices(self.fleet, self.requirement) @ self.counts)

    @property
    def share(self) -> float:
        """Of the capacity, in the group that holds most."""
        return float(self.capacity.max() / self.capacity.sum())

    @property
    def distance(self) -> tuple[str, str, float] | None:
        """Of the two used groups farthest from each other, where any are told."""
        between, names = self.fleet.between, self.fleet.groups
        pairs = [(d, low, high) for (low, high), d in between.items() if {low, high} <= set(self.used)]
        farthest = max(pairs, default=None, key=lambda pair: (pair[0], -pair[1], -pair[2]))
        return (names[farthest[1]], names[farthest[2]], farthest[0]) if farthest else None

    def mean(self, column: str) -> float:
        weight = self.fleet.columns[self.requirement.unit.column] * self.counts
        return float(self.fleet.columns[column] @ weight / weight.sum())

    def left(self, column: str, failures: int) -> float:
        """Of a supply, when the largest groups fail."""
        return float(np.sort(self.sums(column))[: max(0, len(self.fleet.groups) - failures)].sum())

    def failures(self) -> int:
        """How many groups may fail with each supply still there."""
        values = self.requirement.values
        supplies = [each for each in self.requirement.limits if each.kind == "supply"]
        able = range(len(self.used), 0, -1)
        met = (n for n in able if all(self.left(s.column, n) >= values[s.name] - 1e-9 for s in supplies))
        return next(met, 0)

    def of(self, limit: Limit) -> float | None:
        """What it comes to of what the limit bounds."""
        match limit.kind:
            case "supply":
                return self.left(limit.column, self.requirement.failures)
            case "cost":
                return self.cost
            case "mean":
                return self.mean(limit.column)
            case "groups":
                return float(len(self.used))
            case "share":
                return self.share
            case "failures":
                return float(self.failures())
            case "distance":
                return self.distance[2] if self.distance else 0.0
            case _:
                return None
