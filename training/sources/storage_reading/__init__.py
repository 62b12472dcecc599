"""Synthetic storage readings: a seeded fleet, each resource watched hourly for some days of six weeks.

Resources are made in groups, see `grouped`, and documented in docs/storage_reading-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sources.grouped import grouped
from sources.storage_reading import life, traits
from sources.storage_reading.ceiling import WARM_UP, best_achievable, read

__all__ = ["best_achievable", "chunks"]

GROUP = 120
"""Resources made at a time."""
START_MS = 1_767_571_200_000
"""2026-01-05T00:00Z, a Monday."""
HOUR_MS = 3_600_000
HOURS = 6 * 7 * 24
LIFE = (120, 361)
"""Hours that a resource is watched: from five to fifteen days, cut where the six weeks begin and end."""
LATEST_MS = 180_000
"""A reading comes up to three minutes after the full hour."""
LOST = 0.015
"""Share of readings that never come."""
WITHOUT_WRITES = 0.4
"""Share of resources whose write rate nobody measures."""
RATE_NOISE = 0.25
"""Standard deviation of the log of a measured write rate."""
Random = np.random.Generator
Array = NDArray[np.float64]


def chunks(records: int = 40_000, seed: int = 20260101) -> Iterator[pa.Table]:
    """`records` records as one table a group, resource by resource in time order.

    Columns: `resource_id`, `timestamp`, `current_storage_usage` (percent), `write_rate_mb` (null where
    nobody measures it). The truth of a forecast is the resource's own later usage, so there is no label.
    """
    return grouped(records, lambda group, wanted: _table(group, seed).slice(0, wanted))


def _table(group: int, seed: int) -> pa.Table:
    random = np.random.default_rng([seed, group])
    first, hour, usage, rate = _lives(random)
    seen = (hour >= 0) & (hour < HOURS) & (np.arange(len(hour))[:, None] < first[1])
    seen &= random.random(seen.shape) >= LOST
    late = random.integers(0, LATEST_MS, seen.shape)
    unmeasured = np.broadcast_to(random.random(GROUP) < WITHOUT_WRITES, seen.shape)
    rows = np.nonzero(seen.T)

    def column(values: NDArray[Any]) -> NDArray[Any]:
        return values.T[rows]

    names = pa.array([f"store-{group * GROUP + number:06d}" for number in range(GROUP)])
    time = START_MS + HOUR_MS * column(hour) + column(late)
    return pa.table(
        {
            "resource_id": names.take(pa.array(rows[0])),
            "timestamp": pa.array(time, pa.timestamp("ms", "UTC")),
            "current_storage_usage": column(usage),
            "write_rate_mb": pa.array(column(rate), mask=column(unmeasured)),
        }
    )


def _lives(
    random: Random,
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64], Array, Array]:
    """First hour and length of each life; hour, usage and write rate of every step (steps, resources)."""
    own = traits.draw(random, GROUP)
    length = random.integers(*LIFE, GROUP)
    begins = random.integers(24 - length, HOURS - 24)
    state = life.start(random, own)
    for back in range(WARM_UP, 0, -1):
        state = life.step(state, own, begins - back, random)
    hours, usages, rates = [], [], []
    for step in range(LIFE[1] - 1):
        hour = begins + step
        hours.append(hour)
        usages.append(read(random, state, own, hour))
        rates.append(own.writes * (state.inflow + 0.02) * np.exp(RATE_NOISE * random.standard_normal(GROUP)))
        state = life.step(state, own, hour, random)
    return (begins, length), np.stack(hours), np.stack(usages), np.stack(rates)
