"""How limits are loosened: by a step to see what they cost, or as far as it takes to meet the others."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from catalog.contract import Limit
from optimize.figures import Figures
from optimize.finding import Barren, Finder
from optimize.fleet import Fleet
from optimize.requirement import Requirement
from optimize.seeking import Aim

ROUNDS = 4
"""In which a share is brought down; each gives one that can be met."""
SURE = 1e-9


def by_a_step(limit: Limit, value: float) -> float | None:
    """Looser by the limit's own step; None where it is as loose as can be."""
    feature = limit.feature
    lowest = 1.0 if limit.kind == "groups" else feature.minimum
    if limit.least:
        looser = max(lowest, value - limit.step)
    else:
        looser = value + limit.step if feature.maximum is None else min(feature.maximum, value + limit.step)
    looser = round(looser, 9)
    return None if looser == value else looser


def rounded(limit: Limit, value: float) -> float:
    """To the limit's decimals, to the looser side."""
    scale = float(10**limit.digits)
    whole = math.floor(value * scale + SURE) if limit.least else math.ceil(value * scale - SURE)
    return whole / scale


@dataclass(frozen=True)
class Loosening:
    """Looks for the tightest value of one limit that the fleet can meet together with the others."""

    finder: Finder
    fleet: Fleet
    effort: int

    def needed(self, limit: Limit, requirement: Requirement) -> float | None:
        """None where no value does, or none that the limit may take."""
        value = self._tightest(limit, requirement)
        if value is None:
            return None
        value = rounded(limit, value)
        asked = requirement.values[limit.name]
        loosened = value < asked if limit.least else value > asked
        return value if loosened and limit.feature.problem(_shown(limit, value)) is None else None

    def can(self, requirement: Requirement) -> bool:
        """Whether a choice is found."""
        return self.finder.best(self.fleet, requirement, effort=self.effort, any_one=True).counts is not None

    def _tightest(self, limit: Limit, requirement: Requirement) -> float | None:
        match limit.kind:
            case "failures" | "groups":
                return self._fewer(limit, requirement)
            case "distance":
                return self._farther(limit, requirement)
            case "mean" | "share":
                return self._share(limit, requirement)
            case _:
                sign = -1.0 if limit.least else 1.0
                return self._reached(limit, requirement, lambda made: made.aimed(sign))

    def _reached(self, limit: Limit, requirement: Requirement, aim: Aim) -> float | None:
        found = self.finder.best(self.fleet, requirement, aim, measured=limit, effort=self.effort)
        return None if found.counts is None else Figures(self.fleet, requirement, found.counts).of(limit)

    def _share(self, limit: Limit, requirement: Requirement) -> float | None:
        """Dinkelbach: the least of a ratio, by the least of its parts' difference at the ratio so far."""
        share = self._reached(limit, requirement, lambda made: made.aimed(1.0))
        for _ in range(ROUNDS):
            if share is None:
                return None
            at = share
            less = self._reached(limit, requirement, lambda made: made.aimed(1.0, at))  # noqa: B023 - used at once
            if less is None or less >= share - SURE:
                return share
            share = less
        return share

    def _fewer(self, limit: Limit, requirement: Requirement) -> float | None:
        """The most with which it can be done."""
        low, high = int(limit.feature.minimum), int(requirement.values[limit.name])
        if low >= high or not self.can(requirement.asks(limit, float(low))):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            if self.can(requirement.asks(limit, float(middle))):
                low = middle
            else:
                high = middle
        return float(low)

    def _farther(self, limit: Limit, requirement: Requirement) -> float | None:
        """The shortest of the distances told with which it can be done."""
        asked, barren = requirement.values[limit.name], Barren()
        longer = sorted({each for each in self.fleet.between.values() if each > asked})
        low, high = 0, len(longer)
        while low < high:
            middle = (low + high) // 2 if high < len(longer) else high - 1
            tried = requirement.asks(limit, longer[middle])
            reached = self._reached_any(tried, barren)
            if reached is None:
                low = middle + 1
            else:
                high = bisect_left(longer, reached, low, middle)
        return longer[high] if high < len(longer) else None

    def _reached_any(self, requirement: Requirement, barren: Barren) -> float | None:
        """The farthest distance of any choice."""
        found = self.finder.best(self.fleet, requirement, effort=self.effort, any_one=True, barren=barren)
        if found.counts is None:
            return None
        distance = Figures(self.fleet, requirement, found.counts).distance
        return distance[2] if distance else 0.0


def _shown(limit: Limit, value: float) -> float | int:
    return int(value) if limit.feature.integer else value
