"""The metrics of a target's kind, for whoever answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import metrics
from baselines import Answers
from catalog.contract import Target
from dataset import Rows

MOST_ROWS = 100_000
"""Beyond this many rows the intervals are narrower than anything a gate asks."""
WORK = 2_000_000
"""Rows drawn for the intervals in all."""


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


def intervals(rows: Rows, answers: Answers, target: Target) -> dict[str, list[float]] | None:
    """95% intervals of each metric; whole entities are drawn, since an entity's rows resemble each other."""
    if len(rows) > MOST_ROWS:
        return None
    draw, entities = np.random.default_rng(0), int(rows.entity.max()) + 1
    rows = replace(rows, features=rows.features[:, :0])
    found = []
    for _ in range(min(200, max(20, WORK // len(rows)))):
        times = np.bincount(draw.integers(entities, size=entities), minlength=entities)
        chosen = np.repeat(np.arange(len(rows)), times[rows.entity])
        labels = None if answers.labels is None else answers.labels[chosen]
        found.append(score(rows.take(chosen), Answers(answers.values[chosen], labels), target))
    return {name: np.quantile([each[name] for each in found], (0.025, 0.975)).tolist() for name in found[0]}
