"""Synthetic storage I/O insights: a seeded fleet of volumes over a week of 30-minute windows.

Volumes are made in groups, see `grouped`, and documented in docs/synthetic-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from sources.grouped import START_MS, grouped
from sources.iops_insight import incidents, load, measures, truth
from sources.iops_insight.ceiling import best_achievable

__all__ = ["best_achievable", "chunks"]

WINDOWS = 336
"""A week of windows for each volume."""
GROUP = 240
"""Volumes made at a time."""
WINDOW_MS = 1_800_000


def chunks(records: int = 10_000, seed: int = 20260101) -> Iterator[pa.Table]:
    """`records` records as tables of at most GROUP x WINDOWS rows, volume by volume in time order."""
    return grouped(records, lambda group, wanted: _table(group, seed, min(GROUP * WINDOWS, wanted)))


def _table(group: int, seed: int, rows: int) -> pa.Table:
    streams = [np.random.default_rng([seed, group, stream]) for stream in range(4)]
    state = incidents.path(streams[0], GROUP, WINDOWS)
    weight = measures.burden(streams[1], state)
    measured = measures.measure(streams[1], load.draw(streams[2], GROUP, WINDOWS), state, weight)
    future = truth.ahead(weight)
    risk, score = truth.risk(streams[3], future), truth.score(streams[3], future)
    unknown = ~truth.known(streams[3], future).T.ravel()[:rows]
    number = np.repeat(np.arange(GROUP), WINDOWS)[:rows]
    names = pa.array([f"vol-{group * GROUP + i:07d}" for i in range(GROUP)])
    levels = pa.array(truth.LEVELS)
    time = START_MS + WINDOW_MS * (np.arange(rows) % WINDOWS + 1)
    return pa.table(
        {
            "volume_id": names.take(pa.array(number)),
            "timestamp": pa.array(time, pa.timestamp("ms", "UTC")),
            **{name: values.T.ravel()[:rows] for name, values in measured.items()},
            "risk_level": levels.take(pa.array(risk.T.ravel()[:rows], mask=unknown)),
            "performance_score": pa.array(score.T.ravel()[:rows], mask=unknown),
        }
    )
