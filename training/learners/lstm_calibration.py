"""Whether a stated probability is what happens: one temperature for all logits, chosen on validation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from metrics import log_loss

TEMPERATURES = np.geomspace(0.5, 4.0, 61)
BINS = 10


def temperature(given: Matrix, truth: NDArray[np.int64]) -> float:
    """What to divide logits by so that the log loss of the probabilities `given` is least."""
    return float(min(TEMPERATURES, key=lambda each: log_loss(truth, tempered(given, each))))


def tempered(given: Matrix, by: float) -> Matrix:
    """The probabilities (n, classes) that logits divided by `by` give."""
    logits = np.log(np.maximum(given, 1e-12)) / by
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    answers: Matrix = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return answers


def error(given: Matrix, truth: NDArray[np.int64]) -> float:
    """Expected calibration error: mean distance of stated from true shares over ten bins of each class."""
    total = 0.0
    for code in range(given.shape[1]):
        place = np.minimum((given[:, code] * BINS).astype(np.int64), BINS - 1)
        gap = np.bincount(place, given[:, code] - (truth == code), minlength=BINS)
        total += float(np.abs(gap).sum()) / len(truth)
    return total / int(given.shape[1])
