"""The best that any model can reach on this fleet: what chance alone leaves open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import metrics
from sources.metric_snapshot import faults
from sources.metric_snapshot.faults import State
from sources.metric_snapshot.labels import AHEAD


def best_achievable(seed: int = 20260101, records: int = 4_000, futures: int = 200) -> dict[str, float]:
    """AUC, accuracy and log loss of one who sees each snapshot's hidden fault and answers as well as can be.

    From the state of `records` snapshots, `futures` futures are drawn, and as many again. The first half
    gives each state's probability to fail within the horizon, the second half says what happens.
    """
    random = np.random.default_rng([seed, records, futures])
    state = _sample(random, records)
    probability, truth = _failures(random, state, futures).mean(axis=0), _failures(random, state, futures)
    both = np.column_stack((1 - probability, probability))
    answers = np.tile(both, (futures, 1)).astype(np.float32)
    return metrics.classification(truth.ravel().astype(np.int64), answers, np.argmax(answers, axis=1))


def _sample(random: np.random.Generator, records: int) -> State:
    """States of snapshots drawn at random from as many snapshots of a fleet."""
    states, _ = faults.path(random, records // 40 + 1, 40)
    chosen = random.permutation(states.mode.size)[:records]
    return states.each(lambda part: part.ravel()[chosen])


def _failures(random: np.random.Generator, state: State, futures: int) -> NDArray[np.bool_]:
    """Whether each record's resource fails within the horizon, (futures, records)."""
    later = state.each(lambda part: np.tile(part, (futures, 1)))
    failed = np.zeros(later.mode.shape, np.bool_)
    for _ in range(AHEAD):
        later, now = faults.step(later, random)
        failed |= now
    return failed
