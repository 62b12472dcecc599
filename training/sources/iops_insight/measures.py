"""What the platform measures of a volume in each window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sources.iops_insight.incidents import State
from sources.iops_insight.load import Load

Array = NDArray[np.float64]
Random = np.random.Generator

WINDOW_HOURS = 0.5
HEALTHY_MS, OWN_MS = 4.0, 0.10
"""Latency of a healthy, idle volume for operations of 64 KB: median, and how volumes differ (log)."""
SLOWDOWN, JITTER = 2.0, 0.08
"""Log latency that suffering 1 adds, and the standard deviation of what nothing explains."""
ALERT = 1.3
"""An alert is raised in every window with at least this burden."""
TAIL_95, TAIL_99, TAIL_GROWTH = 0.35, 1.5, 1.0
"""How far p95 and p99 lie above the mean, in means; the log of that grows so much at fault 1."""
ERRORS, ERROR_GROWTH = 4e-4, 4.0
"""Share of operations that fail in health; its log grows so much at fault 1."""


def burden(random: Random, state: State) -> Array:
    """Log of the latency over what it would be in health at the same load, (windows, volumes)."""
    return SLOWDOWN * state.suffering + JITTER * random.standard_normal(state.suffering.shape)


def measure(random: Random, load: Load, state: State, weight: Array) -> dict[str, Array]:
    """Measured features (windows, volumes) by name; `weight` is the windows' burden."""
    shape = load.iops.shape
    latency = _healthy(random, load) * np.exp(weight)
    bandwidth = load.iops * load.io_kb * 1024 / 1e6
    unevenness = 0.3 * np.exp(0.7 * state.fault) * _noise(random, shape, 0.25)
    return {
        "read_iops": load.iops * (1 - load.write_share),
        "write_iops": load.iops * load.write_share,
        "iops_variance": (unevenness * load.iops) ** 2,
        **_latencies(random, latency, state.fault),
        "bandwidth_mbps": bandwidth,
        "throughput_variance": (unevenness * bandwidth * _noise(random, shape, 0.15)) ** 2,
        "time_since_last_alert": _since(random, weight >= ALERT),
        "sequential_access_ratio": load.sequential,
        # Little's law, with half a percent for the moments of sampling.
        "queue_depth": load.iops * latency / 1000 * random.uniform(0.995, 1.005, shape),
        "io_size_avg": load.io_kb,
        "io_size_variance": (0.6 * load.io_kb * _noise(random, shape, 0.3)) ** 2,
        # Last: how many random numbers this takes depends on what is counted.
        "error_rate": _errors(random, load.iops, state.fault),
    }


def _noise(random: Random, shape: tuple[int, ...], deviation: float) -> Array:
    """Factors around 1 with this standard deviation of their logs."""
    factors: Array = np.exp(deviation * random.standard_normal(shape))
    return factors


def _healthy(random: Random, load: Load) -> Array:
    """Latency in health, ms: the volume's own, more for large operations, more as it gets busy."""
    own = HEALTHY_MS * _noise(random, load.typical.shape, OWN_MS)
    utilisation = load.iops / (load.iops + 20 * load.typical)
    healthy: Array = own * (load.io_kb / 64) ** 0.1 * (1 + 2 * utilisation)
    return healthy


def _latencies(random: Random, mean: Array, fault: Array) -> dict[str, Array]:
    """A fault lengthens the tail before it slows the mean."""
    tail = np.exp(TAIL_GROWTH * fault) * _noise(random, mean.shape[1:], 0.15)
    p99 = mean * (1 + TAIL_99 * tail * _noise(random, mean.shape, 0.1))
    p95 = np.minimum(mean * (1 + TAIL_95 * tail * _noise(random, mean.shape, 0.1)), 0.95 * p99)
    return {"avg_latency": mean, "p95_latency": p95, "p99_latency": p99}


def _errors(random: Random, iops: Array, fault: Array) -> Array:
    """Failed operations counted over the window: quiet volumes see few, or none."""
    own = ERRORS * _noise(random, iops.shape[1:], 0.25)
    expected = own * np.exp(ERROR_GROWTH * fault) * _noise(random, iops.shape, 0.4)
    operations = iops * WINDOW_HOURS * 3600
    return np.minimum(random.poisson(operations * expected) / operations, 1.0)


def _since(random: Random, alert: NDArray[np.bool_]) -> Array:
    """Hours since the last alert; until the first one, since one that was before the series."""
    hours = np.empty(alert.shape)
    last: Array = random.exponential(48, alert.shape[1:])
    for window, raised in enumerate(alert):
        last = np.where(raised, 0.0, last + WINDOW_HOURS)
        hours[window] = last
    return hours
