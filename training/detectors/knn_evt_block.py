"""What holds for one block of points: the history they are compared with, and how rare is rare.

All of it comes from points before the block, so that a block may be fed at once or point by point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from detectors.knn_evt_season import Season
from detectors.knn_evt_state import Memory, Values
from detectors.knn_evt_tail import Tail, fit

BLOCK = 32
"""Points between two looks at the history."""
FLOOR = 1e-9
"""Differences below this share of the largest value are rounding, not change."""
GROWTH = 0.75
"""Distances to the nearest of n points shrink as n to the power -1/d in d dimensions: half of 1 + 1/2."""
FEWEST_NEIGHBOURS = 30
FEWEST_BLOCKS = 3
SEASONAL_POINTS = 260
"""Points compared with earlier seasons before the season is believed in."""


@dataclass(frozen=True)
class Block:
    """`past` (2, n): each earlier value and the one before it; `low`, `high`, `middle` its extremes and mean;
    `growth` is what keeps distances to a short past comparable with those to a full one.

    `neighbour` is None while the detector warms up, `season` where the series has none.
    """

    past: Values
    low: float
    high: float
    middle: float
    neighbour: Tail | None
    season: Tail | None
    growth: float
    weight: float
    """The season's share of the false alarms."""

    @property
    def compares(self) -> bool:
        return bool(self.past.shape[1] >= FEWEST_NEIGHBOURS)

    def distances(self, values: Values, before: Values) -> Values:
        """Geometric mean of the distances to the nearest earlier value, and to the nearest pair of values."""
        apart = values[:, None] - self.past[0]
        apart *= apart
        lag = before[:, None] - self.past[1]
        lag *= lag
        lag += apart
        return np.asarray(self.growth * np.sqrt(np.sqrt(apart.min(axis=1)) * np.sqrt(lag.min(axis=1))))

    def probability(self, near: Values | None, season: Season) -> Values:
        """Chance of points as unusual as these."""
        if self.neighbour is None or near is None:
            return np.ones(len(season.values))
        if self.season is None:
            return self.neighbour.probability(near)
        apart = self.neighbour.probability(near) / (1 - self.weight)
        late = self.season.probability(season.excess) / self.weight
        return np.minimum(np.minimum(apart, late), 1.0)

    def band(self, expected: Values, season: Season, rate: float) -> Values:
        """The value expected, and the lowest and highest that need not be an alarm, in rows; NaN: unknown."""
        if self.neighbour is None:
            unknown = np.full(len(expected), np.nan)
            return np.stack([expected, unknown, unknown])
        share = 1.0 if self.season is None else 1 - self.weight
        apart = self.neighbour.quantile(rate * share) / self.growth
        low = np.full(len(expected), self.low - apart)
        high = np.full(len(expected), self.high + apart)
        if self.season is None:
            return np.stack([expected, low, high])
        late = self.season.quantile(rate * self.weight)
        middle = np.where(season.known, season.middle, expected)
        return np.stack([middle, np.fmax(low, season.low - late), np.fmin(high, season.high + late)])

    def seasonal_fit(self, season: Season) -> Values:
        """What `Memory.fit` sums up."""
        known = season.known
        if not known.any():
            return np.zeros(3)
        values = season.values[known]
        error = np.abs(values - season.middle[known]).sum()
        return np.array([error, np.abs(values - self.middle).sum(), len(values)])


def block(memory: Memory, start: int, settings: Mapping[str, float]) -> Block:
    """The block that begins at row `start` of the remembered points."""
    last = start - int(settings["recent_points"])
    first = max(1, last - int(settings["history_points"]))
    values = memory.values
    past = np.stack([values[first:last], values[first - 1 : last - 1]]) if last > first else np.zeros((2, 0))
    low, high = (float(past[0].min()), float(past[0].max())) if past.size else (0.0, 0.0)
    floor = FLOOR * max(abs(low), abs(high), 1e-290)
    warm = memory.seen // BLOCK * BLOCK >= settings["warmup_points"] and past.shape[1] >= FEWEST_NEIGHBOURS
    share = settings["tail_share"]
    seasonal = warm and _seasonal(memory.fit, settings["season_strength"])
    return Block(
        past=past,
        low=low,
        high=high,
        middle=float(past[0].mean()) if past.size else 0.0,
        neighbour=_tail(memory.peaks[:, 0], share, floor) if warm else None,
        season=_tail(memory.peaks[:, 1], share, floor) if seasonal else None,
        growth=(past.shape[1] / settings["history_points"]) ** GROWTH,
        weight=settings["season_weight"],
    )


def _tail(peaks: Values, share: float, floor: float) -> Tail | None:
    known = peaks[~np.isnan(peaks[:, 0])]
    return fit(known.ravel(), len(known) * BLOCK, share, floor) if len(known) >= FEWEST_BLOCKS else None


def _seasonal(so_far: Values, strength: float) -> bool:
    """Whether the seasonal forecast explains at least this share of the distance from the mean."""
    error, distance, points = so_far
    return bool(points >= SEASONAL_POINTS and distance > 0 and error <= (1 - strength) * distance)
