"""Incidents: a hidden fault builds up over hours, the volume suffers from it with a delay, then it fades.

A fault shows itself before it hurts: operations are retried and fail, the latency's tail grows. Mean latency
and queue follow the suffering. When a fault comes, how bad it gets and when it goes is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Random = np.random.Generator

BETWEEN_INCIDENTS = 60.0
"""Windows that a healthy volume stays so, on average."""
HOLD = 20.0
"""Windows that a grown fault stays, on average."""
KINDS = np.array([0.36, 0.64, 1.0])
"""Full size of a fault by its kind: a busy neighbour, a degraded path, a failing medium."""
OFTEN = np.array([0.35, 0.68, 1.0])
"""How often the kinds come, cumulated."""
VARIES = 0.05
"""Standard deviation of the size within a kind."""
GROWTH, DECAY = 0.06, 0.06
"""Most that a fault grows or shrinks in a window."""
DELAY = 0.3
"""Share of the way to the fault that suffering goes in a window."""


@dataclass(frozen=True)
class State:
    """Arrays of one shape: the fault, how much the volume suffers, and the size the fault is growing to."""

    fault: Array
    suffering: Array
    goal: Array


def healthy(volumes: int) -> State:
    return State(np.zeros(volumes), np.zeros(volumes), np.zeros(volumes))


def step(state: State, random: Random) -> State:
    """The state one window later."""
    chance, kind = random.random(state.goal.shape), np.searchsorted(OFTEN, random.random(state.goal.shape))
    worst = KINDS[kind] + VARIES * random.standard_normal(state.goal.shape)
    starts = (state.goal == 0) & (state.fault <= 0) & (chance < 1 / BETWEEN_INCIDENTS)
    ends = (state.goal > 0) & (state.fault >= state.goal) & (chance < 1 / HOLD)
    goal = np.where(starts, worst, np.where(ends, 0.0, state.goal))
    fault = state.fault + np.clip(goal - state.fault, -DECAY, GROWTH)
    return State(fault, state.suffering + DELAY * (fault - state.suffering), goal)


def path(random: Random, volumes: int, windows: int) -> State:
    """States (windows, volumes) of a fleet that has been running for three days."""
    state = healthy(volumes)
    for _ in range(144):
        state = step(state, random)
    states = []
    for _ in range(windows):
        states.append(state)
        state = step(state, random)
    return State(*(np.stack([getattr(s, name) for s in states]) for name in ("fault", "suffering", "goal")))
