"""What a series did at the same time of earlier seasons: a naive seasonal forecast with its range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

SEASONS = 3
"""How many seasons back are compared."""
BESIDE = 3
"""How many points before and after the same time are taken along, for seasons are not exact."""
SLACK = 1 / 80
"""How far they may lie from it, as a share of the season: 18 minutes of a day."""
FEWEST = 3
"""Earlier values that a comparison needs."""


@dataclass(frozen=True)
class Season:
    """For each of `values` the `middle`, `low`, `high` of the earlier ones; NaN where there are too few."""

    values: Values
    middle: Values
    low: Values
    high: Values

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.middle)

    @cached_property
    def excess(self) -> Values:
        """How far each value lies outside its range; 0 inside it, and where there is none."""
        outside = np.maximum(self.low - self.values, self.values - self.high)
        return np.where(self.known, np.maximum(outside, 0.0), 0.0)

    def part(self, rows: slice) -> Season:
        return Season(self.values[rows], self.middle[rows], self.low[rows], self.high[rows])


def earlier(times: Values, values: Values, first: int, season_s: float) -> Season:
    """The ranges of the points from row `first` on; `times` in seconds, ascending."""
    own = times[first:]
    same = own[:, None] - np.arange(1, SEASONS + 1) * season_s
    after = np.searchsorted(times, same)
    below = np.maximum(after - 1, 0)
    nearest = np.where(same - times[below] < times[after] - same, below, after)
    at = nearest[:, :, None] + np.arange(-BESIDE, BESIDE + 1)
    inside = np.clip(at, 0, len(times) - 1)
    there = times[inside]
    known = (np.abs(there - same[:, :, None]) <= SLACK * season_s) & (at == inside)
    found = np.where(known, values[inside], np.inf).reshape(len(own), -1)
    found.sort(axis=1)
    count = known.sum(axis=(1, 2))
    row, enough = np.arange(len(own)), count >= FEWEST
    middle, high = (found[row, np.maximum(where, 0)] for where in ((count - 1) // 2, count - 1))
    return Season(values[first:], *(np.where(enough, each, np.nan) for each in (middle, found[:, 0], high)))
