"""What is known of a pool when it asks: summaries of its last hour, day and week, measured with errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sources.family_load.life import Hour

Array = NDArray[np.float64]
Random = np.random.Generator

DAY, WEEK = 24, 168
UNEVEN = 0.18
"""Deviation of the log of CPU inside an hour."""
CPU_ERROR, SLOWDOWN_ERROR = 0.4, 0.8
"""Deviation of a measured CPU and of a measured hour's slowdown, points."""
UNSEEN = {
    "memory_used": 0.45, "network_used": 0.1, "utilisation_trend": 0.25,
    "slowdown_1h": 0.3, "slowdown_24h": 0.3, "slowdown_peak_24h": 0.3,
    "slowdown_7d": 0.4, "slowdown_last_week": 0.5, "family_slowdown_24h": 0.5,
}  # fmt: skip
"""Share of pools that do not measure it: memory needs an agent, slowdown steal time or a probe. What is left
out of one is left out of all its records; a pool without the last day's slowdown lacks the others too."""


def measure(random: Random, past: Hour, at: NDArray[np.int64]) -> dict[str, Array]:
    """Features (records, pools) of the hours before each place `at` in `past`, whose arrays are (hours,
    pools); each needs a week before it."""
    cpu, short, family = 100 * past.cpu, 100 * past.shortfall, 100 * past.family
    short = short + SLOWDOWN_ERROR * random.standard_normal(short.shape)
    days = _windows(cpu, at, WEEK).reshape(len(at), 7, DAY, -1).mean(axis=2)
    day = _windows(cpu, at, DAY)
    last = cpu[at - 1]
    found = {
        "cpu_mean_1h": _noisy(random, last),
        "cpu_p95_1h": last * np.exp(1.645 * UNEVEN),
        "cpu_mean_24h": _noisy(random, day.mean(axis=1)),
        "cpu_p95_24h": np.quantile(day, 0.95, axis=1) * np.exp(0.8 * UNEVEN),
        "memory_used": 100 * past.memory[at - 1],
        "network_used": 100 * past.network[at - 1],
        "slowdown_1h": short[at - 1],
        "slowdown_24h": _windows(short, at, DAY).mean(axis=1),
        "slowdown_peak_24h": _windows(short, at, DAY).max(axis=1),
        "slowdown_7d": _windows(short, at, WEEK).mean(axis=1),
        "slowdown_last_week": _windows(short, at - WEEK + DAY, DAY).mean(axis=1),
        "family_slowdown_24h": _windows(family, at, DAY).mean(axis=1)
        + 0.3 * random.standard_normal(last.shape),
        "utilisation_trend": _slope(days),
    }
    for name, values in found.items():
        low = 0.0 if name.startswith(("cpu", "memory", "network")) else -100.0
        found[name] = np.clip(values, low, 100.0)
    found["credit_balance"] = np.clip(past.credits[at - 1], 0, 1)
    return _known(random, found)


def _known(random: Random, found: dict[str, Array]) -> dict[str, Array]:
    """The same with NaN where a pool does not measure it."""
    pools = found["cpu_mean_1h"].shape[1]
    luck = {name: random.random(pools) for name in UNSEEN}
    blind = luck["slowdown_24h"] < UNSEEN["slowdown_24h"]
    for name, share in UNSEEN.items():
        unseen = luck[name] < share
        if name.startswith("slowdown"):
            unseen = blind | (unseen & (name not in ("slowdown_24h", "slowdown_1h")))
        found[name] = np.where(unseen, np.nan, found[name])
    return found


def _windows(values: Array, at: NDArray[np.int64], hours: int) -> Array:
    """The `hours` values before each place (records, hours, pools)."""
    before: Array = values[at[:, None] - np.arange(hours, 0, -1)]
    return before


def _noisy(random: Random, values: Array) -> Array:
    noisy: Array = values + CPU_ERROR * random.standard_normal(values.shape)
    return noisy


def _slope(days: Array) -> Array:
    """Least-squares slope of daily means (records, 7, pools)."""
    x = np.arange(7) - 3.0
    slope: Array = np.tensordot(x, days, axes=(0, 1)) / (x * x).sum()
    return slope
