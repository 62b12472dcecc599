"""From probabilities to a class: the likeliest one, or the likeliest after rare classes were given weight."""

from __future__ import annotations

import numpy as np

import metrics
from encoding import Matrix
from jobs import JobError

RULES = ("argmax", "macro_f1")
POWERS = np.arange(0, 1.01, 0.1)


def weights(rule: str, truth: metrics.Codes, probabilities: Matrix) -> Matrix:
    """Class weights (classes,): all 1, or the power of a class's rarity with the best macro F1 on `truth`."""
    if rule not in RULES:
        raise JobError(f"decision must be one of {', '.join(RULES)}, got {rule!r}")
    classes = probabilities.shape[1]
    if rule == "argmax":
        return np.ones(classes, np.float32)
    share = np.maximum(np.bincount(truth, minlength=classes), 1) / len(truth)
    candidates = [(share**-power / (share**-power).max()).astype(np.float32) for power in POWERS]

    def score(candidate: Matrix) -> float:
        labels = np.argmax(probabilities * candidate, axis=1)
        return metrics.macro_f1(metrics.confusion(truth, labels, classes))

    return max(candidates, key=score)
