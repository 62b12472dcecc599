"""The best that any model can reach on this fleet: what chance alone leaves open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sources.iops_insight import incidents, measures, truth
from sources.iops_insight.incidents import State

Array = NDArray[np.float64]
Random = np.random.Generator


def best_achievable(seed: int = 20260101, records: int = 4_000, futures: int = 200) -> dict[str, float]:
    """Accuracy and RMSE of one who sees each record's hidden state and answers as well as can be.

    From the state of `records` records, `futures` futures are drawn, and as many again. The first half says
    the likeliest class and the mean score, the second half says how often and how closely that holds.
    """
    random = np.random.default_rng([seed, records, futures])
    state = _sample(random, records)
    (levels, scores), (true_levels, true_scores) = (_outcomes(random, state, futures) for _ in range(2))
    counts = np.stack([(levels == level).sum(axis=0) for level in range(len(truth.LEVELS))])
    return {
        "accuracy": float((true_levels == counts.argmax(axis=0)).mean()),
        "rmse": float(np.sqrt(((true_scores - scores.mean(axis=0)) ** 2).mean())),
    }


def _sample(random: Random, records: int) -> State:
    """States of windows drawn at random from as many windows of a fleet."""
    states = incidents.path(random, volumes=records // 40 + 1, windows=40)
    chosen = random.permutation(states.fault.size)[:records]
    return State(*(part.ravel()[chosen] for part in (states.fault, states.suffering, states.goal)))


def _outcomes(random: Random, state: State, futures: int) -> tuple[NDArray[np.int64], Array]:
    """Classes and scores (futures, records) that come of the states."""
    future = State(*(np.tile(part, (futures, 1)) for part in (state.fault, state.suffering, state.goal)))
    burden = np.zeros_like(future.fault)
    for _ in range(truth.AHEAD):
        future = incidents.step(future, random)
        burden += measures.burden(random, future) / truth.AHEAD
    return truth.risk(random, burden), truth.score(random, burden)
