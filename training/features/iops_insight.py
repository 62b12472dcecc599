"""The 25 features of the storage I/O insight, computed the same way for training and for serving.

numpy only and vectorised over volumes. A feature that needs history reads the volume's own earlier rows and
the current one, never a later one; without history it is NaN. A volume silent for a day starts anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np

from features.columns import Array, Columns, Index, clock, ratio

NAMES = (
    "read_iops", "write_iops", "total_iops", "iops_variance",
    "avg_latency", "p95_latency", "p99_latency", "latency_spike_count",
    "bandwidth_mbps", "throughput_variance",
    "error_rate", "error_trend",
    "hour_of_day", "day_of_week", "time_since_last_alert",
    "sequential_access_ratio", "random_access_ratio",
    "queue_depth", "io_size_avg", "io_size_variance",
    "iops_per_latency", "anomaly_score", "trend_score", "load_factor", "efficiency_ratio",
)  # fmt: skip

RECENT = 12
"""Windows that `anomaly_score` and `trend_score` look back: six hours of 30-minute windows."""
PEAK = 48
"""Windows that `load_factor` looks back: a day of 30-minute windows."""
SPIKE_SECONDS = 6 * 3600
SILENCE_SECONDS = 24 * 3600
ERROR_STEP = 0.1
"""An error rate must change by this share of itself to count as a trend."""
LEAST_DEVIATION = 0.02
"""Floor of the robust deviation of log latency: a flat history must not make noise look like an anomaly."""
CHUNK = 1 << 12


def build(columns: Columns, rows: Index | None = None) -> Array:
    """The features as (rows, 25) in the order of `NAMES`, rows in the order given; a given value wins.

    Of the rows at the places `rows` alone, where those are given.
    """
    features = np.full((len(columns.time), len(NAMES)), np.nan, order="F")
    for name, values in columns.values.items():
        if name in NAMES:
            features[:, NAMES.index(name)] = values
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, derived in chain(_from_row(columns, features), _from_history(columns, features)):
            column = features[:, NAMES.index(name)]
            np.copyto(column, derived, where=np.isnan(column))
    return features if rows is None else features[rows]


def _from_row(columns: Columns, features: Array) -> Iterator[tuple[str, Array]]:
    """Features that one record is enough for."""
    of = {name: features[:, i] for i, name in enumerate(NAMES)}
    yield "total_iops", of["read_iops"] + of["write_iops"]
    hour, day = clock(columns.time)
    yield "hour_of_day", hour.astype(np.float64)
    yield "day_of_week", day.astype(np.float64)
    yield "random_access_ratio", 1 - of["sequential_access_ratio"]
    yield "iops_per_latency", ratio(of["total_iops"], of["avg_latency"])
    yield "efficiency_ratio", ratio(of["bandwidth_mbps"], of["total_iops"])


def _from_history(columns: Columns, features: Array) -> Iterator[tuple[str, Array]]:
    """Features that need earlier rows of the volume; nothing where no volume has any."""
    order = np.lexsort((columns.time, columns.entity))
    time, volume = columns.time[order], columns.entity[order]
    age = _rows_before(volume, time)
    if not age.any():
        return

    def given(name: str) -> Array:
        column: Array = features[order, NAMES.index(name)]
        return column

    def back(values: Array) -> Array:
        restored = np.empty_like(values)
        restored[order] = values
        return restored

    latency = given("avg_latency")
    yield "latency_spike_count", back(_spikes(latency, given("p99_latency"), time, age))
    yield "error_trend", back(_error_trend(given("error_rate"), age))
    anomaly, trend = _against_recent(np.log(latency), time / 3600, age)
    yield "anomaly_score", back(anomaly)
    yield "trend_score", back(trend)
    yield "load_factor", back(_load_factor(given("total_iops"), age))


def _rows_before(volume: Index, time: Index) -> Index:
    """How many rows of the same volume lie before each row without a day of silence between them."""
    rows = np.arange(len(time))
    new = np.ones(len(time), bool)
    new[1:] = (np.diff(volume) != 0) | (np.diff(time) > SILENCE_SECONDS)
    age: Index = rows - np.maximum.accumulate(np.where(new, rows, 0))
    return age


def _before(values: Array, lag: int, age: Index) -> Array:
    """The values `lag` rows earlier, NaN where the volume has none."""
    shifted = np.full_like(values, np.nan)
    shifted[lag:] = values[:-lag]
    shifted[age < lag] = np.nan
    return shifted


def _spikes(latency: Array, p99: Array, time: Index, age: Index) -> Array:
    """Windows of the last six hours, this one included, whose p99 exceeded twice the mean."""
    known = np.isfinite(latency) & np.isfinite(p99)
    total = np.concatenate(([0], np.cumsum(known & (p99 > 2 * latency))))
    rows = np.arange(len(time))
    first = rows - age
    # Each segment gets a time range of its own, so that one search serves all volumes.
    offset = np.cumsum(age == 0) * (np.ptp(time) + 2 * SPIKE_SECONDS)
    start = np.maximum(np.searchsorted(time + offset, time + offset - SPIKE_SECONDS, side="right"), first)
    count: Array = (total[rows + 1] - total[start]).astype(np.float64)
    count[(age == 0) | ~known] = np.nan
    return count


def _error_trend(rate: Array, age: Index) -> Array:
    change = rate - _before(rate, 1, age)
    change[np.abs(change) <= ERROR_STEP * rate] = 0
    trend: Array = np.sign(change)
    return trend


def _load_factor(total: Array, age: Index) -> Array:
    """Total IOPS over the highest of the last `PEAK` rows, this one included."""
    peak, span = total, 1
    while span < PEAK:
        lag = min(span, PEAK - span)
        peak = np.fmax(peak, _before(peak, lag, age))
        span += lag
    factor = ratio(total, peak)
    factor[age == 0] = np.nan
    return factor


def _against_recent(value: Array, hours: Array, age: Index) -> tuple[Array, Array]:
    """Robust deviation from the median of the rows before, and slope per hour over them and this row.

    Works in chunks that fit the cache, lag by lag: numpy is quick along long rows.
    """
    anomaly, trend = np.full_like(value, np.nan), np.full_like(value, np.nan)
    padding = np.full(RECENT, np.nan)
    past, when = np.concatenate((padding, value)), np.concatenate((padding, hours))
    lags = np.arange(RECENT + 1)[:, None]
    for start in range(0, len(value), CHUNK):
        part = slice(start, start + CHUNK)
        place = np.arange(start, min(start + CHUNK, len(value))) + RECENT - lags
        window = np.where(lags <= age[part], past[place], np.nan)
        anomaly[part] = _deviation(window)
        trend[part] = _slope(window, when[place] - hours[part])
    return anomaly, trend


def _deviation(window: Array) -> Array:
    """How far the first row lies from the median of the others, in robust deviations; needs three."""
    before = window[1:]
    median = _median(before)
    spread = 1.4826 * _median(np.abs(before - median))
    deviation: Array = (window[0] - median) / np.maximum(spread, LEAST_DEVIATION)
    deviation[np.isfinite(before).sum(axis=0) < 3] = np.nan
    return deviation


def _median(values: Array) -> Array:
    """Median of each column's known values; np.nanmedian takes a hundred times as long."""
    known = np.isfinite(values).sum(axis=0)
    ranked = np.where(np.isnan(values), np.inf, values)
    for turn in range(len(ranked)):  # odd-even transposition sort of all columns at once
        low, high = ranked[turn % 2 : -1 : 2], ranked[turn % 2 + 1 :: 2]
        low[:], high[:] = np.minimum(low, high), np.maximum(low, high)
    column, last = np.arange(ranked.shape[1]), len(ranked) - 1
    middle = ranked[np.maximum(known - 1, 0) // 2, column] + ranked[np.minimum(known // 2, last), column]
    return np.where(known, middle / 2, np.nan)


def _slope(window: Array, hours: Array) -> Array:
    """Least-squares slope of each column's known values, the first among them; needs three."""
    known = np.isfinite(window)
    count = known.sum(axis=0)
    x = np.where(known, hours, 0.0)
    x = np.where(known, x - x.sum(axis=0) / count, 0.0)
    slope: Array = (x * np.where(known, window, 0.0)).sum(axis=0) / (x * x).sum(axis=0)
    slope[(count < 3) | ~known[0]] = np.nan
    return slope
