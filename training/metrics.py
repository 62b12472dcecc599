"""Test metrics, in numpy: what a job needs of them loads in no time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Array = NDArray[Any]
LEAST = 1e-7
"""Probabilities are kept this far from 0, so that one sure mistake does not make the log loss infinite."""


def classification(truth: Codes, probabilities: Array, labels: Codes) -> dict[str, float]:
    """Accuracy, macro F1, AUC (one class against the rest, macro) and log loss.

    `truth` and `labels` (n,) class numbers, `probabilities` (n, classes). Classes that the truth lacks are
    left out of the macro averages.
    """
    matrix = confusion(truth, labels, probabilities.shape[1])
    present = np.flatnonzero(matrix.sum(axis=1))
    return {
        "accuracy": float(np.mean(truth == labels)),
        "macro_f1": macro_f1(matrix),
        "auc": float(np.mean([auc(truth == code, probabilities[:, code]) for code in present])),
        "mlogloss": log_loss(truth, probabilities),
    }


def regression(truth: Array, values: Array) -> dict[str, float]:
    """Root mean squared error, mean absolute error (unit of the target) and R2."""
    error = values.astype(np.float64) - truth
    spread = float(np.var(truth))
    mse = float(np.mean(error**2))
    return {
        "rmse": mse**0.5,
        "mae": float(np.mean(np.abs(error))),
        "r2": 1 - mse / spread if spread else 0.0,
    }


def forecast(truth: Array, quantiles: Array, levels: Sequence[float], now: Array) -> dict[str, float]:
    """Metrics of the median as of any number, and of the band.

    `truth` and `now` (n,) are the later and the current value, `quantiles` (n, levels) the answers in rising
    order, or (n,) one answer for all. `r2_change` is the share of the mean squared change that the median
    explains: 0 for one who foretells no change. `pinball` is the mean loss over the levels, `coverage` the
    share of truths between the outer ones.
    """
    bands = np.broadcast_to(quantiles.reshape(len(truth), -1), (len(truth), len(levels))).astype(np.float64)
    median = bands[:, int(np.argmin(np.abs(np.array(levels) - 0.5)))]
    moved = float(np.mean((truth.astype(np.float64) - now) ** 2))
    above = truth[:, None] - bands
    found = regression(truth, median)
    return {
        **found,
        "r2_change": 1 - found["rmse"] ** 2 / moved if moved else 0.0,
        "pinball": float(np.maximum(np.array(levels) * above, (np.array(levels) - 1) * above).mean()),
        "coverage": float(np.mean((bands[:, 0] <= truth) & (truth <= bands[:, -1]))),
    }


def log_loss(truth: Codes, probabilities: Array) -> float:
    chosen = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return float(-np.log(np.clip(chosen, LEAST, 1)).mean())


def confusion(truth: Codes, labels: Codes, classes: int) -> Codes:
    """(classes, classes): truth in rows, answers in columns."""
    return np.bincount(truth * classes + labels, minlength=classes**2).reshape(classes, classes)


def macro_f1(matrix: Codes) -> float:
    """Mean F1 of the classes that the truth holds."""
    f1 = per_class(matrix)[2]
    return float(f1[matrix.sum(axis=1) > 0].mean())


def per_class(matrix: Codes) -> tuple[Array, Array, Array]:
    """Precision, recall and F1 of each class; 0 where there is nothing to divide by."""
    hits = np.diag(matrix).astype(np.float64)
    answered, true = matrix.sum(axis=0), matrix.sum(axis=1)
    return (
        hits / np.maximum(answered, 1),
        hits / np.maximum(true, 1),
        2 * hits / np.maximum(answered + true, 1),
    )


def auc(positive: NDArray[np.bool_], score: Array) -> float:
    """Chance that a positive scores above a negative, ties counting half; 0.5 where one kind is missing."""
    count = int(positive.sum())
    if count in (0, len(positive)):
        return 0.5
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(ties) - (ties - 1) / 2)[place]
    above = rank[positive].sum() - count * (count + 1) / 2
    return float(above / (count * (len(positive) - count)))
