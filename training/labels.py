"""The truth of a forecast: what the same entity's readings came to some hours later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix

Times = NDArray[np.int64]
HOUR_MS = 3_600_000
WIDEST_MS = 2 * HOUR_MS + HOUR_MS // 4
"""Between readings further apart than this nobody knows the value: hourly readings may miss one."""


def ahead(entity: Times, time_ms: Times, values: NDArray[np.float64], horizons: Sequence[float]) -> Matrix:
    """Each row's later values (n, horizons), in the order of `horizons` (hours).

    Rows are sorted by `entity` (whole-number codes) and `time_ms` (epoch milliseconds). A value between two
    readings lies on the line between them; it is NaN where they are more than `WIDEST_MS` apart or the
    entity has no later reading. Readings that are NaN tell nothing.
    """
    found = np.full((len(values), len(horizons)), np.nan, np.float32)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return found
    reach = round(max(horizons) * HOUR_MS)
    # Each entity gets a time range of its own, so that one search serves all.
    line = entity * (int(np.ptp(time_ms)) + reach + 1) + (time_ms - time_ms.min())
    for column, hours in enumerate(horizons):
        found[:, column] = _at(line + round(hours * HOUR_MS), line[known], entity, known, values)
    return found


def _at(
    wanted: Times, places: Times, entity: Times, known: Times, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The values at `wanted`, between the readings at `places`."""
    after = np.minimum(np.searchsorted(places, wanted, side="left"), len(places) - 1)
    before = np.maximum(np.searchsorted(places, wanted, side="right") - 1, 0)
    low, high = values[known[before]], values[known[after]]
    width = places[after] - places[before]
    share = (wanted - places[before]) / np.maximum(width, 1)
    inside = (places[before] <= wanted) & (wanted <= places[after]) & (width <= WIDEST_MS)
    same = (entity[known[before]] == entity) & (entity[known[after]] == entity)
    value: NDArray[np.float64] = np.where(inside & same, low + share * (high - low), np.nan)
    return value
