"""The metrics of a target's kind, for whoever answers."""

from __future__ import annotations

import numpy as np

import metrics
from baselines import Answers
from catalog.contract import Target
from dataset import Rows


def score(rows: Rows, answers: Answers, target: Target) -> dict[str, float]:
    """Of classes, a number or a forecast; the features of `rows` are not read."""
    if answers.labels is not None:
        return metrics.classification(rows.target.astype(np.int64), answers.values, answers.labels)
    if target.horizons:
        return metrics.forecast(rows.target, answers.values, target.quantiles or (0.5,), rows.known)
    return metrics.regression(rows.target, answers.values)


def by_horizon(rows: Rows, answers: Answers, target: Target) -> dict[str, dict[str, float]]:
    """A forecast's metrics at each of its horizons (hours), the last column of its rows; else nothing."""
    found = {}
    for hours in target.horizons:
        chosen = np.flatnonzero(rows.features[:, -1] == np.float32(hours))
        if len(chosen):
            part = Answers(answers.values[chosen])
            found[f"{hours:g}"] = score(rows.take(chosen), part, target)
    return found
