"""The metrics of a target's kind, for whoever answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import metrics
import outcomes
from baselines import Answers
from catalog.contract import MEASURES, Contract
from dataset import Rows

MOST_ROWS = 100_000
"""Beyond this many rows the intervals are narrower than anything a gate asks."""
WORK = 2_000_000
"""Rows drawn for the intervals in all."""


def score(rows: Rows, answers: Answers, contract: Contract) -> dict[str, float]:
    """Of classes, a number or a forecast; the features of `rows` are not read."""
    target = contract.target
    if answers.labels is not None:
        told = metrics.classification(rows.target.astype(np.int64), answers.values, answers.labels)
        return {**told, **_regret(rows, answers.labels, contract)} if contract.placement else told
    if target.horizons:
        return metrics.forecast(rows.target, answers.values, target.quantiles or (0.5,), rows.known)
    return metrics.regression(rows.target, answers.values)


def by_horizon(rows: Rows, answers: Answers, contract: Contract) -> dict[str, dict[str, float]]:
    """A forecast's metrics at each of its horizons (hours), the last column of its rows; else nothing."""
    found = {}
    for hours in contract.target.horizons:
        chosen = np.flatnonzero(rows.features[:, -1] == np.float32(hours))
        if len(chosen):
            part = Answers(answers.values[chosen])
            found[f"{hours:g}"] = score(rows.take(chosen), part, contract)
    return found


def intervals(rows: Rows, answers: Answers, contract: Contract) -> dict[str, list[float]] | None:
    """95% intervals of each metric; whole entities are drawn, since an entity's rows resemble each other."""
    if len(rows) > MOST_ROWS:
        return None
    draw, entities = np.random.default_rng(0), int(rows.entity.max()) + 1
    rows = replace(rows, features=rows.features[:, :0])
    found = []
    for _ in range(min(200, max(20, WORK // len(rows)))):
        times = np.bincount(draw.integers(entities, size=entities), minlength=entities)
        chosen = np.repeat(np.arange(len(rows)), times[rows.entity])
        found.append(score(rows.take(chosen), answers.take(chosen), contract))
    return {name: np.quantile([each[name] for each in found], (0.025, 0.975)).tolist() for name in found[0]}


def _regret(rows: Rows, labels: NDArray[np.int64], contract: Contract) -> dict[str, float]:
    """What the answers cost beyond those of one who knew both platforms' outcomes: `regret` and `extra_cost`
    as shares of that one's burden and cost, `extra_latency_ms` on average."""
    measured = rows.outcomes.astype(np.float64).reshape(len(rows), -1, len(MEASURES))
    burden, row = outcomes.burdens(measured, contract), np.arange(len(rows))
    best = np.argmin(burden, axis=1)
    cost, latency = (measured[:, :, MEASURES.index(name)] for name in ("cost_usd", "latency_ms"))
    return {
        "regret": _beyond(burden[row, labels], burden[row, best]),
        "extra_cost": _beyond(cost[row, labels], cost[row, best]),
        "extra_latency_ms": float((latency[row, labels] - latency[row, best]).mean()),
    }


def _beyond(paid: NDArray[np.float64], least: NDArray[np.float64]) -> float:
    """By which share more was paid; 0 where the least is nothing and so was what was paid."""
    more, total = float(paid.sum() - least.sum()), float(least.sum())
    if total > 0:
        return more / total
    return np.inf if more > 0 else 0.0
