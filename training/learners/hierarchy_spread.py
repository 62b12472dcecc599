"""How far the true log-odds of held-out rows lie around what was foretold for them, learned from outcomes.

No single outcome tells; rows that share a state do, as they deviate together. A group's rows deviate by one
normal number z, each by as much as its own record leaves open:

    log-odds of a row = centre + sqrt(variance) z        variance = base + sum of told x part

where `told` says what a record lacks. The probability that was foretold is the mean over z, so the centre
lies further out than its log-odds, by sqrt(1 + pi variance / 8). The parts are the likeliest ones with a
factor sqrt(part) each, which keeps estimates off zero that few rows could tell from it (Chung, Rabe-Hesketh,
Dorie, Gelman, Liu 2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learners.hierarchy_levels import Array, Codes

NODES = 7
"""Of the Gauss-Hermite rule that the deviation is integrated with."""
STRETCH = np.pi / 8
LEAST, MOST, START = 1e-5, 9.0, 0.05
"""Of a part of the variance, and where the search starts."""
STOP: Any = {"maxiter": 25, "ftol": 1e-7}
"""Of the search: thousandths of a part are enough."""


@dataclass(frozen=True)
class Judged:
    """Rows that were held out: their log-odds, whether it happened, what each lacks (rows, parts)."""

    log_odds: Array
    happened: NDArray[np.bool_]
    told: Array

    def parts(self, groups: Codes, base: Array | None = None) -> tuple[Array, float]:
        """The parts of the variance that the rows of a group share, and how likely they make the outcomes."""
        from scipy.optimize import minimize

        order = np.argsort(groups, kind="stable")
        first = np.flatnonzero(np.diff(groups[order], prepend=-1))
        known = np.zeros(len(order)) if base is None else base[order]
        sign = np.where(self.happened, 1.0, -1.0)[order]
        told, odds = self.told[order], self.log_odds[order]
        width = told.shape[1]

        def unlikely(parts: Any) -> tuple[float, Any]:
            return _unlikely(parts, odds, sign, told, known, first)

        start, ends = np.full(width, START), [(LEAST, MOST)] * width
        found = minimize(unlikely, start, method="L-BFGS-B", jac=True, bounds=ends, options=STOP)
        return np.asarray(found.x), -float(found.fun)


def centre(log_odds: NDArray[Any], variance: NDArray[Any]) -> NDArray[Any]:
    """Of deviations with this variance whose mean risk has these log-odds."""
    found: NDArray[Any] = log_odds * np.sqrt(1 + log_odds.dtype.type(STRETCH) * variance)
    return found


def _unlikely(
    parts: Array, log_odds: Array, sign: Array, told: Array, base: Array, first: Codes
) -> tuple[float, Array]:
    """Minus the logarithm of the likelihood, and its slopes; rows of a group lie together from `first`."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    variance = base + told @ parts + LEAST
    stretch, deviation = np.sqrt(1 + STRETCH * variance), np.sqrt(variance)
    moved = sign * (log_odds * stretch + deviation * nodes[:, None])
    logs = np.add.reduceat(-np.logaddexp(0, -moved), first, axis=1) + np.log(weights / weights.sum())[:, None]
    top = logs.max(axis=0)
    shares = np.exp(logs - top)
    total = shares.sum(axis=0)
    per_row = np.repeat(shares / total, np.diff(np.append(first, len(sign))), axis=1)
    pull = per_row * sign / (1 + np.exp(moved))
    slopes = (pull * (log_odds * STRETCH / (2 * stretch) + nodes[:, None] / (2 * deviation))).sum(axis=0)
    likely = float((top + np.log(total)).sum() + np.log(parts).sum() / 2)
    return -likely, -(slopes @ told) - 0.5 / parts
