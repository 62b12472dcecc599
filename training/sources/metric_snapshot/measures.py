"""What an agent on a resource reports: the resource's level, the hour, jobs, noise and a fault's traces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sources.metric_snapshot.faults import MODES, State

Array = NDArray[np.float64]
Random = np.random.Generator

DAY = 288
"""Snapshots of five minutes in a day."""
LOST = 0.02
"""Share of values that never arrive."""
WITHOUT_PROBE = 0.15
"""Share of resources that nobody asks for response times and error rates."""
PROBED = ("response_time_ms", "error_rate")


def measure(random: Random, state: State) -> dict[str, Array]:
    """Features by name, each (snapshots, resources), NaN where missing."""
    traces = {mode: _trace(state, mode) for mode in MODES[1:]}
    load, job = _load(random, *state.mode.shape), _jobs(random, *state.mode.shape)
    values = {
        **_machine(random, traces, load, job),
        **_network(random, traces, load),
        **_service(random, traces, load, job),
    }
    return _with_gaps(random, values)


def _machine(random: Random, traces: dict[str, Array], load: Array, job: Array) -> dict[str, Array]:
    shape = load.shape
    cpu = _own(random, shape, 20, 60) * load + 28 * job + _slow(random, shape, 4) + _noise(random, shape, 4)
    memory = _own(random, shape, 30, 75) + _slow(random, shape, 4) + _noise(random, shape, 1.5)
    disk = _spread(random, shape, 500, 0.9) * load * np.exp(1.0 * job + _noise(random, shape, 0.3))
    queue = _spread(random, shape, 1.5, 0.5) * load * np.exp(0.9 * job + _noise(random, shape, 0.3))
    memory = np.clip(memory, 5, 97)
    cpu = np.clip(cpu + 15 * traces["memory_leak"] ** 3, 1, 99)
    return {
        "cpu_usage": np.clip(cpu + (99 - cpu) * np.minimum(traces["cpu_saturation"], 1), 0, 100),
        "memory_usage": np.clip(memory + (99 - memory) * np.minimum(traces["memory_leak"], 1), 0, 100),
        "disk_io": disk * np.exp(0.7 * traces["disk_saturation"]),
        "disk_queue": queue * np.exp(2.8 * traces["disk_saturation"]),
    }


def _network(random: Random, traces: dict[str, Array], load: Array) -> dict[str, Array]:
    mean = _spread(random, load.shape, 4, 0.6) * load * np.exp(3.0 * traces["network_degradation"])
    return {"network_errors": random.poisson(mean * random.gamma(4.0, 0.25, load.shape)).astype(np.float64)}


def _service(random: Random, traces: dict[str, Array], load: Array, job: Array) -> dict[str, Array]:
    """Responses slow down before a resource fails, whatever the fault; errors come with the network's."""
    shape = load.shape
    burden = 1.0 * sum(trace**2 for trace in traces.values()) + 0.4 * traces["disk_saturation"]
    slowness = 0.4 * (load - 1) + 0.35 * job + burden + _noise(random, shape, 0.2)
    failing = 1.8 * traces["network_degradation"] + 0.5 * burden + _noise(random, shape, 0.4)
    return {
        "response_time_ms": _spread(random, shape, 80, 0.5) * np.exp(slowness),
        "error_rate": np.clip(_spread(random, shape, 0.003, 0.6) * np.exp(failing), 0, 1),
    }


def _trace(state: State, mode: str) -> Array:
    """How strongly the fault shows, 0 where the resource has another or none."""
    return np.where(state.mode == MODES.index(mode), state.strength * state.growth**0.75, 0.0)


def _load(random: Random, snapshots: int, resources: int) -> Array:
    """Load against the resource's mean: a daily wave of its own height and hour."""
    height, hour = random.uniform(0.05, 0.45, resources), random.uniform(0, DAY, resources)
    return 1 + height * np.sin(2 * np.pi * (np.arange(snapshots)[:, None] + hour) / DAY)


def _jobs(random: Random, snapshots: int, resources: int) -> Array:
    """1 while a harmless batch job runs: one in 60 snapshots begins, one in 8 ends."""
    chance = random.random((snapshots, resources))
    running = np.zeros((snapshots, resources))
    for now in range(1, snapshots):
        running[now] = np.where(running[now - 1] > 0, chance[now] > 1 / 8, chance[now] < 1 / 60)
    return running


def _slow(random: Random, shape: tuple[int, int], deviation: float) -> Array:
    """A harmless drift: first-order autoregression, correlation .97 from snapshot to snapshot."""
    steps = random.standard_normal(shape)
    for now in range(1, shape[0]):
        steps[now] = 0.97 * steps[now - 1] + (1 - 0.97**2) ** 0.5 * steps[now]
    return deviation * steps


def _noise(random: Random, shape: tuple[int, int], deviation: float) -> Array:
    return deviation * random.standard_normal(shape)


def _own(random: Random, shape: tuple[int, int], low: float, high: float) -> Array:
    """Each resource's own level, the same over its snapshots."""
    return np.broadcast_to(random.uniform(low, high, shape[1]), shape)


def _spread(random: Random, shape: tuple[int, int], median: float, deviation: float) -> Array:
    """As `_own`, log-normal."""
    return np.broadcast_to(median * np.exp(deviation * random.standard_normal(shape[1])), shape)


def _with_gaps(random: Random, values: dict[str, Array]) -> dict[str, Array]:
    """Values that do not arrive are NaN; a snapshot never loses all of them."""
    shape = values["cpu_usage"].shape
    probed = random.random(shape[1]) >= WITHOUT_PROBE
    kept = {name: random.random(shape) >= LOST for name in values}
    for name in PROBED:
        kept[name] &= probed
    kept["cpu_usage"] |= ~np.any(list(kept.values()), axis=0)
    return {name: np.where(kept[name], values[name], np.nan) for name in values}
