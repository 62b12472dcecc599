"""The features of a storage reading, computed the same way for training and for serving.

numpy only and vectorised over resources. A feature that needs history reads the resource's own last `PAST`
readings and the current one, by their times and never a later one; without history it is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.columns import Array, Columns, Index, clock, ratio

NAMES = (
    "hour_of_day", "day_of_week", "is_business_hours", "current_storage_usage", "write_rate_mb",
    "lag_1h", "lag_2h", "lag_6h", "lag_24h",
    "rolling_mean_1h", "rolling_mean_6h", "rolling_mean_24h", "rolling_std_24h",
    "minimum_24h", "maximum_24h", "maximum_48h",
    "slope_6h", "slope_24h", "change_1h", "change_6h", "change_24h", "change_48h",
    "day_before_next_1h", "day_before_next_3h", "day_before_next_6h", "day_before_next_12h",
    "hours_since_drop", "last_drop", "below_last_peak",
    "growth_24h", "hours_to_last_peak", "write_ratio_24h",
)  # fmt: skip

PAST = 48
"""Readings before the current one that a feature may see: as many as the platform remembers."""
REACH = 48
"""Hours that a feature may look back."""
NEAR = 0.5
"""Hours that a reading may be off the instant a lag asks for."""
EDGE = 1 / 12
"""Hours by which a window is shorter than its name, so that a reading on its edge stays outside."""
FAR = 200.0
"""Hours at most until a peak comes back."""
DROP = 2.0
"""Points that usage must fall from one reading to the next to count as cleaned up."""
BUSINESS = (8, 18)
CHUNK = 1 << 12


def build(columns: Columns, rows: Index | None = None) -> Array:
    """The features (rows, features) in the order of `NAMES`, rows in the order given; a given value wins.

    Of the rows at the places `rows` alone, where those are given: the others are only their past.
    """
    features = np.full((len(columns.time), len(NAMES)), np.nan, order="F")
    for name, derived in _from_clock(columns.time):
        features[:, NAMES.index(name)] = derived
    order = np.lexsort((columns.time, columns.entity))
    asked = np.arange(len(order)) if rows is None else np.flatnonzero(np.isin(order, rows))
    for start in range(0, len(asked), CHUNK):
        place = asked[start : start + CHUNK]
        for name, derived in _from_history(_window(columns, order, place), columns):
            features[order[place], NAMES.index(name)] = derived
    for name, values in columns.values.items():
        if name in NAMES:
            column = features[:, NAMES.index(name)]
            np.copyto(column, values, where=~np.isnan(values))
    return features if rows is None else features[rows]


def _from_clock(time: Index) -> Iterator[tuple[str, Array]]:
    hour, day = clock(time)
    yield "hour_of_day", hour.astype(np.float64)
    yield "day_of_week", day.astype(np.float64)
    busy = (day < 5) & (hour >= BUSINESS[0]) & (hour < BUSINESS[1])
    yield "is_business_hours", busy.astype(np.float64)


@dataclass(frozen=True)
class _Window:
    """Readings (PAST + 1, rows) of a chunk of rows, the row's own first, then back in time.

    `rows` are places in the columns, `ago` hours before the row; both hold something where `known` is False.
    """

    rows: Index
    ago: Array
    known: NDArray[np.bool_]

    def values(self, columns: Columns, name: str) -> Array:
        """NaN where the resource has no such reading, or the reading no such value."""
        if name not in columns.values:
            return np.full(self.ago.shape, np.nan)
        return np.where(self.known, columns.values[name][self.rows], np.nan)


def _window(columns: Columns, order: Index, asked: Index) -> _Window:
    place = asked - np.arange(PAST + 1)[:, None]
    rows = order[np.maximum(place, 0)]
    ago = (columns.time[rows[0]] - columns.time[rows]) / 3600
    known = (place >= 0) & (columns.entity[rows] == columns.entity[rows[0]]) & (ago <= REACH + NEAR)
    return _Window(rows, ago, known)


def _from_history(window: _Window, columns: Columns) -> Iterator[tuple[str, Array]]:
    """Features of the window's rows; those of earlier readings alone are NaN where there is none."""
    usage, ago = window.values(columns, "current_storage_usage"), window.ago
    now = usage[0]
    lag = {hours: _lag(usage, ago, hours) for hours in (1, 2, 6, 12, 18, 21, 23, 24, 48)}
    for hours in (1, 2, 6, 24):
        yield f"lag_{hours}h", lag[hours]
    for hours in (1, 6, 24, 48):
        yield f"change_{hours}h", now - lag[hours]
    for hours in (1, 3, 6, 12):
        yield f"day_before_next_{hours}h", lag[24 - hours] - lag[24]
    for hours in (1, 6, 24):
        yield f"rolling_mean_{hours}h", _mean(_within(usage, ago, hours))
    day = _within(usage, ago, 24)
    yield "rolling_std_24h", np.sqrt(_mean((day - _mean(day)) ** 2))
    yield "minimum_24h", np.fmin.reduce(day)
    yield "maximum_24h", np.fmax.reduce(day)
    yield "maximum_48h", np.fmax.reduce(_within(usage, ago, 48))
    yield "slope_6h", _slope(_within(usage, ago, 6), ago)
    yield "slope_24h", _slope(day, ago)
    yield from _drops(usage, ago)
    writes = window.values(columns, "write_rate_mb")
    yield "write_ratio_24h", ratio(writes[0], _mean(_within(writes, ago, 24)))


def _lag(values: Array, ago: Array, hours: float) -> Array:
    """The value nearest to `hours` before, NaN where none lies within `NEAR`."""
    distance = np.where(np.isnan(values), np.inf, np.abs(ago - hours))
    nearest, rows = distance.argmin(axis=0), np.arange(values.shape[1])
    return np.where(distance[nearest, rows] <= NEAR, values[nearest, rows], np.nan)


def _within(values: Array, ago: Array, hours: float) -> Array:
    """The values of the last `hours`: six of hourly readings where `hours` is 6, the row's own among them."""
    return np.where(ago < hours - EDGE, values, np.nan)


def _mean(window: Array) -> Array:
    """Mean of each column's known values; NaN where there is none."""
    known = np.isfinite(window)
    count = known.sum(axis=0)
    total = np.where(known, window, 0.0).sum(axis=0)
    return ratio(total, count.astype(np.float64))


def _slope(window: Array, ago: Array) -> Array:
    """Least-squares slope of each column's known values, points an hour; needs three at different times."""
    known = np.isfinite(window)
    count = np.maximum(known.sum(axis=0), 1)
    x = np.where(known, -ago, 0.0)
    x = np.where(known, x - x.sum(axis=0) / count, 0.0)
    y = np.where(known, window - window[0], 0.0)
    spread = (x * x).sum(axis=0)
    usable = (known.sum(axis=0) >= 3) & known[0] & (spread > 0)
    return ratio((x * y).sum(axis=0), np.where(usable, spread, 0.0))


def _drops(usage: Array, ago: Array) -> Iterator[tuple[str, Array]]:
    """When usage last fell by `DROP` points between two readings, how far, how far it is below that, how it
    grew between such drops (points an hour), and when it will be where it fell from if it goes on so."""
    fall = usage[1:] - usage[:-1]
    fell = fall >= DROP
    latest, rows = fell.argmax(axis=0), np.arange(usage.shape[1])
    found = fell[latest, rows]
    yield "hours_since_drop", np.where(found, ago[latest, rows], np.nan)
    yield "last_drop", np.where(found, fall[latest, rows], np.nan)
    below = np.where(found, usage[latest + 1, rows] - usage[0], np.nan)
    growth = _growth(np.where(fell, 0.0, -fall), ago)
    yield "below_last_peak", below
    yield "growth_24h", growth
    yield "hours_to_last_peak", np.clip(ratio(below, growth), -FAR, FAR)


def _growth(steps: Array, ago: Array) -> Array:
    """Points an hour over the last day, of the `steps` from each reading to the one after it."""
    known = np.isfinite(steps) & (ago[1:] <= 24 + EDGE)
    hours = np.where(known, ago[1:] - ago[:-1], 0.0).sum(axis=0)
    return ratio(np.where(known, steps, 0.0).sum(axis=0), hours)
