"""The features of an instance family's load, computed the same way for training and for serving.

numpy only and vectorised over records. Every feature is of one record and of what is known of its family.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features import family_load_facts as facts
from features.columns import Array, Columns, Index, clock, ratio

NAMES = (
    "instance_family", "region",
    "vcpu", "memory_gb", "network_gbps", "baseline_share", "burstable",
    "cpu_mean_1h", "cpu_p95_1h", "cpu_mean_24h", "cpu_p95_24h",
    "memory_used", "network_used", "credit_balance",
    "slowdown_1h", "slowdown_24h", "slowdown_peak_24h", "slowdown_7d", "slowdown_last_week",
    "family_slowdown_24h", "utilisation_trend",
    "hour_of_day", "day_of_week",
    "cpu_over_baseline", "credit_hours",
)  # fmt: skip

BANKED_HOURS = 24.0
"""Most credits that can be banked, in hours of earning them."""
FAR = 240.0
"""Hours at most until credits are spent."""


def build(columns: Columns, rows: Index | None = None) -> Array:
    """The features (rows, features) in the order of `NAMES`, rows in the order given; a given value wins.

    Of the rows at the places `rows` alone, where those are given.
    """
    features = np.full((len(columns.time), len(NAMES)), np.nan, order="F")
    for name, values in columns.values.items():
        if name in NAMES:
            features[:, NAMES.index(name)] = values
    for name, derived in _from_family_and_clock(features, columns.time):
        column = features[:, NAMES.index(name)]
        np.copyto(column, derived, where=np.isnan(column))
    for name, computed in _from_load(features):
        features[:, NAMES.index(name)] = computed
    return features if rows is None else features[rows]


def _from_family_and_clock(features: Array, time: Index) -> Iterator[tuple[str, Array]]:
    yield from zip(facts.NAMES, facts.of(features[:, NAMES.index("instance_family")]).T, strict=True)
    hour, day = clock(time)
    yield "hour_of_day", hour.astype(np.float64)
    yield "day_of_week", day.astype(np.float64)


def _from_load(features: Array) -> Iterator[tuple[str, Array]]:
    """How far the load lies above the baseline, and how long credits last."""
    of = {name: features[:, place] for place, name in enumerate(NAMES)}
    yield "cpu_over_baseline", of["cpu_mean_24h"] - 100 * of["baseline_share"]
    spent = of["cpu_mean_1h"] / 100 - of["baseline_share"]
    hours = ratio(of["credit_balance"] * BANKED_HOURS * of["baseline_share"], np.maximum(spent, 0.0))
    known = np.isfinite(of["credit_balance"]) & np.isfinite(spent)
    yield "credit_hours", np.where(known, np.fmin(hours, FAR), np.nan)
