"""Hidden faults: one begins, grows until the resource fails or the fault heals; some failures give no sign.

All of it is chance given the state, so what can be known of the next hour follows from the state alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Random = np.random.Generator

MODES = ("none", "memory_leak", "disk_saturation", "network_degradation", "cpu_saturation")
OFTEN = np.array([0.30, 0.55, 0.78, 1.0])
"""How often the modes come, cumulated, in the order of MODES without none."""
BETWEEN = 24.0
"""Snapshots that a sound resource stays so, on average."""
LASTS = (24.0, 60.0)
"""Snapshots from the begin of a fault to its full growth, evenly spread."""
HEALS = 1 / 200
"""Chance in a snapshot that a fault goes away by itself."""
SUDDEN = 1 / 1500
"""Chance in a snapshot that a resource fails without a sign."""
SAFE, STEEP = 0.45, 0.30
"""Growth up to which a fault does no harm, and the chance to fail in a snapshot at full growth."""
WARM_UP = 200
"""Snapshots a fleet runs before its first record."""


@dataclass(frozen=True)
class State:
    """Arrays of one shape: the fault's mode (place in MODES), growth (0 to 1), growth a snapshot, and how
    strongly it shows (which tells nothing about when it hurts)."""

    mode: Codes
    growth: Array
    speed: Array
    strength: Array

    def each(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> State:
        """The state with every array changed."""
        return State(change(self.mode), change(self.growth), change(self.speed), change(self.strength))


def sound(shape: tuple[int, ...]) -> State:
    return State(np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape), np.ones(shape))


def step(state: State, random: Random) -> tuple[State, NDArray[np.bool_]]:
    """The state one snapshot later, and where the resource failed on the way; it restarts without a fault."""
    shape = state.mode.shape
    chance, harm = random.random(shape), random.random(shape)
    kind, lasts = 1 + np.searchsorted(OFTEN, random.random(shape)), random.uniform(*LASTS, shape)
    strength = random.uniform(0.7, 1.3, shape)
    begins = (state.mode == 0) & (chance < 1 / BETWEEN)
    growth = np.minimum(state.growth + state.speed, 1.0)
    failed = harm < np.where(state.mode > 0, hazard(growth), SUDDEN)
    over = failed | ((state.mode > 0) & (chance < HEALS))
    later = State(
        np.where(over, 0, np.where(begins, kind, state.mode)),
        np.where(over, 0.0, growth),
        np.where(over, 0.0, np.where(begins, 1 / lasts, state.speed)),
        np.where(begins, strength, state.strength),
    )
    return later, failed


def hazard(growth: Array) -> Array:
    """Chance that a fault of this growth makes the resource fail within the snapshot."""
    beyond = np.clip((growth - SAFE) / (1 - SAFE), 0, 1)
    return np.maximum(SUDDEN, STEEP * beyond**2)


def path(random: Random, resources: int, snapshots: int) -> tuple[State, NDArray[np.bool_]]:
    """States (snapshots, resources), and whether the resource failed right before each."""
    state = sound((resources,))
    for _ in range(WARM_UP):
        state, _ = step(state, random)
    states, failures = [], []
    for _ in range(snapshots):
        state, failed = step(state, random)
        states.append(state)
        failures.append(failed)
    mode, growth, speed, strength = (np.stack(parts) for parts in zip(*map(_parts, states), strict=True))
    return State(mode, growth, speed, strength), np.stack(failures)


def _parts(state: State) -> tuple[NDArray[Any], ...]:
    return state.mode, state.growth, state.speed, state.strength
