"""Curves of a classifier, small enough to be kept beside its metrics and drawn without the data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import metrics
from metrics import Array, Codes

POINTS = 101
BINS = 10


def roc(truth: Codes, probabilities: Array, classes: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Of each class against the rest: `fpr` and `tpr` at up to `POINTS` thresholds, `auc` of all of them.

    A class that the truth lacks, or that is all of it, has no curve.
    """
    present = [code for code in range(len(classes)) if 0 < np.sum(truth == code) < len(truth)]
    return {classes[code]: _roc(truth == code, probabilities[:, code]) for code in present}


def _roc(positive: NDArray[np.bool_], score: Array) -> dict[str, Any]:
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = np.cumsum(positive[order])[ends]
    tpr = np.append(0, hits / hits[-1])
    fpr = np.append(0, (ends + 1 - hits) / (len(score) - hits[-1]))
    kept = np.unique(np.searchsorted(tpr + fpr, np.linspace(0, 2, POINTS)).clip(max=len(tpr) - 1))
    auc = metrics.auc(positive, score)
    return {"fpr": fpr[kept].round(6).tolist(), "tpr": tpr[kept].round(6).tolist(), "auc": auc}


def calibration(truth: Codes, probabilities: Array, labels: Codes) -> dict[str, Any]:
    """How often answers of a certain confidence are right, in `BINS` bins of equal width.

    `confidence` and `accuracy` are means of each bin's rows, null in an empty one; `error` is their mean
    distance over all rows (expected calibration error).
    """
    sure = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    place = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    rows, right = np.bincount(place, minlength=BINS), np.bincount(place, truth == labels, BINS)
    total = np.bincount(place, sure, BINS)
    return {
        "rows": rows.tolist(),
        "confidence": [_mean(sum_, count) for sum_, count in zip(total, rows, strict=True)],
        "accuracy": [_mean(sum_, count) for sum_, count in zip(right, rows, strict=True)],
        "error": float(np.abs(total - right).sum() / len(truth)),
    }


def _mean(total: float, count: int) -> float | None:
    return round(float(total / count), 6) if count else None
