"""Small models of Google's machines: few numbers learned, or trees that may only say more processors are no
safer. Each is an `Answer`: of known rows and asked ones the probability of an end within the horizon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from learners.lightgbm_library import lgb
from sources.gcp_preemption import Machine

Codes = NDArray[np.int64]
Array = NDArray[np.float64]
Answer = Callable[[Codes, Codes], Array]
STRENGTHS = (0.02, 0.1, 1.0)
"""Inverse of the ridge's weight."""
COLUMNS = {
    "processors": ("processors",),
    "processors, zone": ("processors", "zone"),
    "type": ("kind",),
    "processors, type, zone": ("processors", "kind", "zone"),
    "processors, zone, hour": ("processors", "zone", "hour"),
}
"""What the candidates read; all but processors and the hour's wave are marked by one column a name."""
BOOSTED = {
    "objective": "binary", "num_leaves": 4, "learning_rate": 0.05, "min_child_samples": 30, "lambda_l2": 10.0,
    "verbosity": -1, "num_threads": 1, "seed": 0, "deterministic": True,
}  # fmt: skip
ROUNDS = (20, 60)


def candidates(machines: list[Machine], ended: NDArray[np.bool_]) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for name, told in COLUMNS.items():
        columns = _columns(machines, told)
        for strength in STRENGTHS:
            found[f"logistic ({name}; {strength:g})"] = _logistic(columns, ended, strength)
        if "processors" in told:
            for rounds in ROUNDS:
                found[f"monotone trees ({name}; {rounds})"] = _trees(columns, ended, rounds)
    return found


def _logistic(columns: Array, ended: NDArray[np.bool_], strength: float) -> Answer:
    def answer(known: Codes, asked: Codes) -> Array:
        model = LogisticRegression(C=strength, max_iter=500).fit(columns[known], ended[known])
        found: Array = model.predict_proba(columns[asked])[:, 1]
        return found

    return answer


def _trees(columns: Array, ended: NDArray[np.bool_], rounds: int) -> Answer:
    """The first column, the processors, may only raise the risk."""
    given: dict[str, Any] = {**BOOSTED, "monotone_constraints": [1, *[0] * (columns.shape[1] - 1)]}

    def answer(known: Codes, asked: Codes) -> Array:
        learned = lgb.Dataset(columns[known], ended[known].astype(int), params=given)
        found: Array = lgb.train(given, learned, rounds).predict(columns[asked])
        return found

    return answer


def _columns(machines: list[Machine], told: tuple[str, ...]) -> Array:
    parts = []
    for name in told:
        if name == "processors":
            parts.append(np.log2([[each.processors] for each in machines]) - 3)
        elif name == "hour":
            hours = [datetime.fromtimestamp(each.started_ms / 1000, UTC).hour for each in machines]
            turn = 2 * np.pi * np.array(hours) / 24
            parts.append(np.stack((np.sin(turn), np.cos(turn)), axis=1))
        else:
            names = np.array([getattr(each, name) for each in machines])
            parts.append((names[:, None] == np.unique(names)[None, :]).astype(float))
    return np.hstack(parts)
