"""The features of a placement request, computed the same way for training and for serving.

numpy only. Products take the logarithm of the payload and each category's place, counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.columns import Array, Columns, Index, clock

__all__ = ["NAMES", "Columns", "build"]

GIVEN = ("workload_type", "payload_size_kb", "time_window", "load_pattern")
NAMES = (
    *GIVEN, "hour_sin", "hour_cos", "day_of_week", "is_weekend", "log_payload_kb",
    "payload_x_workload", "workload_x_time_window", "payload_x_time_window",
    "payload_x_load", "workload_x_load", "time_window_x_load",
)  # fmt: skip


def build(columns: Columns, rows: Index | None = None) -> Array:
    """The features (rows, features) in the order of `NAMES`; of the rows at the places `rows` alone, where
    those are given. NaN where a record lacks what a feature is made of."""
    derived = dict(_derived(columns))
    features = np.column_stack([derived[name] for name in NAMES])
    return features if rows is None else features[rows]


def _derived(columns: Columns) -> Iterator[tuple[str, Array]]:
    absent = np.full(len(columns.time), np.nan)
    workload, payload, window, load = (columns.values.get(name, absent) for name in GIVEN)
    yield from zip(GIVEN, (workload, payload, window, load), strict=True)
    turn = columns.time % 86_400 / 86_400 * 2 * np.pi
    yield "hour_sin", np.sin(turn)
    yield "hour_cos", np.cos(turn)
    day = clock(columns.time)[1].astype(np.float64)
    yield "day_of_week", day
    yield "is_weekend", (day >= 5).astype(np.float64)
    size, heavy, late, busy = np.log1p(payload), workload + 1, window + 1, load + 1
    yield "log_payload_kb", size
    yield "payload_x_workload", size * heavy
    yield "workload_x_time_window", heavy * late
    yield "payload_x_time_window", size * late
    yield "payload_x_load", size * busy
    yield "workload_x_load", heavy * busy
    yield "time_window_x_load", late * busy
