"""From the trees' margins to probabilities that hold: a slope and a shift for each class (for two classes
that is Platt's scaling), fitted on rows that the trees had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from learners.hierarchy_levels import Array, Codes

STEEPEST, FURTHEST = 5.0, 10.0
LEAST = 1e-6
"""Risks are kept this far from 0 and 1 before their log-odds are taken."""


@dataclass(frozen=True)
class Calibration:
    """`slope` multiplies margins (..., classes), `shift` (classes,) is added."""

    slope: np.float32
    shift: Matrix

    def probabilities(self, margins: NDArray[Any]) -> Matrix:
        moved = margins.astype(np.float32) * self.slope + self.shift
        raised = np.exp(moved - moved.max(axis=-1, keepdims=True))
        found: Matrix = raised / raised.sum(axis=-1, keepdims=True)
        return found


def fit(margins: Array, truth: Codes) -> Calibration:
    """The slope and shifts of the least log loss; the first class's shift is 0."""
    from scipy.optimize import minimize

    classes = margins.shape[1]
    chosen = np.eye(classes)[truth]

    def loss(given: Array) -> tuple[float, Array]:
        moved = margins * given[0] + np.append(0, given[1:])
        moved = moved - moved.max(axis=1, keepdims=True)
        logs = moved - np.log(np.exp(moved).sum(axis=1, keepdims=True))
        wrong = np.exp(logs) - chosen
        slopes = np.append((wrong * margins).sum(axis=1).mean(), wrong.mean(axis=0)[1:])
        return -float((logs * chosen).sum(axis=1).mean()), slopes

    ends = [(0.0, STEEPEST), *[(-FURTHEST, FURTHEST)] * (classes - 1)]
    start = np.append(1.0, np.zeros(classes - 1))
    found = minimize(loss, start, jac=True, bounds=ends, method="L-BFGS-B").x
    return Calibration(np.float32(found[0]), np.append(0, found[1:]).astype(np.float32))


def log_odds(probabilities: NDArray[Any], calm: int) -> Matrix:
    """Of the risk: that the class is another than `calm`."""
    risk = np.clip(1 - probabilities[..., calm].astype(np.float32), np.float32(LEAST), np.float32(1 - LEAST))
    found: Matrix = np.log(risk / (1 - risk))
    return found
