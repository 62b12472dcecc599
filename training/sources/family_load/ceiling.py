"""The best that any model can reach on this fleet: what chance alone leaves open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sources.family_load import life, traits

Array = NDArray[np.float64]
AHEAD, WARM_UP = 24, 336
TRUTH_ERROR = 1.0
"""As the records' labels: hours ahead, and the deviation of what is measured."""


def best_achievable(seed: int = 20260101, records: int = 1_500, futures: int = 40) -> dict[str, float]:
    """RMSE and R2 of one who sees each record's hidden state and answers the mean of its futures.

    `futures` futures of each record say that mean, as many again say how well it holds.
    """
    random = np.random.default_rng([seed, records, futures])
    own = traits.draw(random, records)
    hour = random.integers(WARM_UP, WARM_UP + 168, records)
    state = life.start(random, own)
    for back in range(WARM_UP, 0, -1):
        state, _ = life.step(state, own, hour - back, random)
    chosen = np.tile(np.arange(records), 2 * futures)
    told, true = _stress(random, state.take(chosen), own.take(chosen), hour[chosen]).reshape(
        2, futures, records
    )
    true = np.clip(true + TRUTH_ERROR * random.standard_normal(true.shape), 0, 100)
    squared = float(((true - told.mean(axis=0)) ** 2).mean())
    return {"rmse": float(np.sqrt(squared)), "r2": 1 - squared / float(true.var())}


def _stress(
    random: np.random.Generator, state: life.State, own: traits.Traits, hour: NDArray[np.int64]
) -> Array:
    total = np.zeros(len(hour))
    for passed in range(AHEAD):
        state, seen = life.step(state, own, hour + passed, random)
        total += 100 * seen.shortfall / AHEAD
    return total
