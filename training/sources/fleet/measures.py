"""What the platform measures of a volume in each window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sources.fleet.incidents import State
from sources.fleet.load import Load

Array = NDArray[np.float64]
Random = np.random.Generator

SLOWDOWN = 1.6
"""Log latency that suffering 1 adds: five times as slow."""
JITTER = 0.10
"""Standard deviation of log latency that nothing explains."""
HEALTHY_MS = 4.0
"""Median latency of an idle, healthy volume for an operation of 64 KB."""
ALERT = 1.0
"""An alert is raised in every window with at least this burden."""
WINDOW_HOURS = 0.5


def burden(random: Random, state: State) -> Array:
    """Log of the latency over what it would be in health at the same load, (windows, volumes)."""
    return SLOWDOWN * state.suffering + JITTER * random.standard_normal(state.suffering.shape)


def measure(random: Random, load: Load, state: State, weight: Array) -> dict[str, Array]:
    """Measured features (windows, volumes) by name."""
    shape = load.iops.shape

    def noise(deviation: float) -> Array:
        return np.exp(deviation * random.standard_normal(shape))

    latency = _healthy(random, load) * np.exp(weight)
    strain = np.exp(0.5 * state.fault)
    p99 = latency * (1 + 1.6 * strain * noise(0.12))
    p95 = np.minimum(latency * (1 + 0.38 * strain * noise(0.12)), 0.95 * p99)
    bandwidth = load.iops * load.io_kb * 1024 / 1e6
    unevenness = 0.3 * np.exp(0.7 * state.fault) * noise(0.25)
    errors = 4e-4 * noise(0.3) * np.exp(0.3 * random.standard_normal(shape[1]) + 4.6 * state.fault)
    return {
        "read_iops": load.iops * (1 - load.write_share),
        "write_iops": load.iops * load.write_share,
        "iops_variance": (unevenness * load.iops) ** 2,
        "avg_latency": latency,
        "p95_latency": p95,
        "p99_latency": p99,
        "bandwidth_mbps": bandwidth,
        "throughput_variance": (unevenness * bandwidth * noise(0.15)) ** 2,
        "error_rate": np.minimum(errors, 1.0),
        "time_since_last_alert": _since(random, weight >= ALERT),
        "sequential_access_ratio": load.sequential,
        "queue_depth": load.iops * latency / 1000 * noise(0.002),
        "io_size_avg": load.io_kb,
        "io_size_variance": (0.6 * load.io_kb * noise(0.3)) ** 2,
    }


def _healthy(random: Random, load: Load) -> Array:
    """Latency in health, ms: the volume's own, more for large operations, more as it gets busy."""
    own = HEALTHY_MS * np.exp(0.35 * random.standard_normal(load.iops.shape[1]))
    typical = np.median(load.iops, axis=0)
    busy = load.iops / (load.iops + 20 * typical)
    healthy: Array = own * (load.io_kb / 64) ** 0.25 * (1 + 2 * busy)
    return healthy


def _since(random: Random, alert: NDArray[np.bool_]) -> Array:
    """Hours since the last alert; before the first one, since one that was before the series."""
    hours = np.empty(alert.shape)
    last = random.exponential(48, alert.shape[1])
    for raised, now in zip(alert, hours, strict=True):
        last = np.where(raised, 0.0, last + WINDOW_HOURS)
        now[:] = last
    return hours
