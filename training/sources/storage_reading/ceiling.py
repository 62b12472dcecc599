"""The best that any forecaster can reach on this fleet: what chance alone leaves open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sources.storage_reading import life, traits
from sources.storage_reading.life import State
from sources.storage_reading.traits import Traits

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Random = np.random.Generator

READING_NOISE = 0.1
"""Standard deviation of what a reading adds to the truth, points."""
WARM_UP = 336
"""Hours that a resource has lived before anyone looks."""


def read(random: Random, state: State, of: Traits, hour: Whole) -> Array:
    """What is measured at `hour`, percent of the capacity."""
    noise = READING_NOISE * random.standard_normal(len(hour))
    measured: Array = np.clip(life.usage(state, of, hour) + noise, 0, 100)
    return measured


def best_achievable(
    horizons: Sequence[int],
    levels: Sequence[float] = (0.1, 0.5, 0.9),
    seed: int = 20260101,
    records: int = 2_000,
    futures: int = 60,
) -> dict[int, dict[str, float]]:
    """R2 of the later usage, R2 of its change, MAE and pinball loss, by horizon (hours), of one who sees
    each record's hidden state and answers as well as can be.

    `futures` futures of each record say its mean and quantiles, as many again say how well those hold.
    """
    random = np.random.default_rng([seed, records, futures])
    own = traits.draw(random, records)
    hour = random.integers(0, 168, records)
    state = life.start(random, own)
    for back in range(WARM_UP, 0, -1):
        state = life.step(state, own, hour - back, random)
    now = read(random, state, own, hour)
    return {
        ahead: _judged(now, told, true, levels)
        for ahead, told, true in _futures(random, state, own, hour, horizons, futures)
    }


def _futures(
    random: Random, state: State, own: Traits, hour: Whole, horizons: Sequence[int], futures: int
) -> list[tuple[int, Array, Array]]:
    """Horizon, and two times (futures, records) readings at it."""
    count = len(hour)
    chosen = np.tile(np.arange(count), 2 * futures)
    state, own, hour = state.take(chosen), own.take(chosen), hour[chosen]
    found = []
    for ahead in range(1, max(horizons) + 1):
        state, hour = life.step(state, own, hour, random), hour + 1
        if ahead in horizons:
            both = read(random, state, own, hour).reshape(2, futures, count)
            found.append((ahead, both[0], both[1]))
    return found


def _judged(now: Array, told: Array, true: Array, levels: Sequence[float]) -> dict[str, float]:
    answers = np.quantile(told, levels, axis=0)
    squared = float(((true - np.median(told, axis=0)) ** 2).mean())
    losses = [
        np.maximum(level * (true - answer), (level - 1) * (true - answer)).mean()
        for level, answer in zip(levels, answers, strict=True)
    ]
    return {
        "r2": 1 - squared / float(true.var()),
        "r2_change": 1 - squared / float((true - now).var()),
        "mae": float(np.abs(true - np.median(told, axis=0)).mean()),
        "pinball": float(np.mean(losses)),
    }
