"""Synthetic metric snapshots: a seeded fleet of resources over a day, a snapshot every five minutes.

Resources are made in groups, see `grouped`, and documented in docs/metric_snapshot-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sources.grouped import START_MS, grouped
from sources.metric_snapshot import faults, measures
from sources.metric_snapshot.ceiling import best_achievable
from sources.metric_snapshot.labels import CLASSES, failing

__all__ = ["best_achievable", "chunks"]

SNAPSHOTS = measures.DAY
"""Snapshots of each resource."""
GROUP = 240
"""Resources made at a time."""
STEP_MS = 300_000


def chunks(records: int = 10_000, seed: int = 20260101) -> Iterator[pa.Table]:
    """`records` records as tables of at most GROUP x SNAPSHOTS rows, resource by resource in time order."""
    return grouped(records, lambda group, wanted: _table(group, seed, min(GROUP * SNAPSHOTS, wanted)))


def _table(group: int, seed: int, rows: int) -> pa.Table:
    streams = [np.random.default_rng([seed, group, stream]) for stream in range(2)]
    state, failures = faults.path(streams[0], GROUP, SNAPSHOTS)
    label = _column(failing(failures), rows)
    number = np.repeat(np.arange(GROUP), SNAPSHOTS)[:rows]
    names = pa.array([f"server-{group * GROUP + i:06d}" for i in range(GROUP)])
    time = START_MS + STEP_MS * (np.arange(rows) % SNAPSHOTS + 1)
    measured = measures.measure(streams[1], state)
    return pa.table(
        {
            "resource_id": names.take(pa.array(number)),
            "timestamp": pa.array(time, pa.timestamp("ms", "UTC")),
            **{name: _nulls(_column(values, rows)) for name, values in measured.items()},
            "failure_state": pa.array(CLASSES).take(pa.array(np.maximum(label, 0), mask=label < 0)),
        }
    )


def _column(values: NDArray[Any], rows: int) -> NDArray[Any]:
    """(snapshots, resources) resource by resource."""
    return values.T.ravel()[:rows]


def _nulls(values: NDArray[Any]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
