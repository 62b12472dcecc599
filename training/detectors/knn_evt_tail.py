"""How rare a score is, from the peaks of the scores before it: peaks over threshold.

Siffer, Fouque, Termier, Largouet, "Anomaly detection in streams with extreme value theory", KDD 2017; the
peaks are declustered by blocks (Coles, "An introduction to statistical modeling of extreme values", 2001,
5.3) and the generalised Pareto law is fitted by probability-weighted moments (Hosking & Wallis,
Technometrics 1987), which has a closed form and so needs no search.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

PEAKS = 2
"""How many of the highest scores of each block are kept."""
FEWEST = 10
"""Peaks a fit takes at least, where there are as many."""
HEAVIEST = 0.5
"""Largest shape: the moments behind the fit do not exist beyond it."""
RAREST = 1e-6
"""No probability below it is told apart from it."""


@dataclass(frozen=True)
class Tail:
    """P(score > x) = `rate` (1 + shape (x - threshold) / scale) ** (-1 / shape) for x above `threshold`."""

    threshold: float
    scale: float
    shape: float
    rate: float

    def probability(self, scores: Values) -> Values:
        """Chance that a score of an undisturbed series is higher, from 1 down to `RAREST`.

        Below the threshold, where every answer is "usual", it falls in a straight line from 1 to `rate`.
        """
        over = np.maximum(scores - self.threshold, 0.0) / self.scale
        log = np.log1p(self.shape * over) / self.shape if self.shape else over
        rare = np.maximum(self.rate * np.exp(-np.minimum(log, 50.0)), RAREST)
        usual = 1 - (1 - self.rate) * scores / (self.threshold or 1.0)
        return np.where(scores > self.threshold, rare, usual)

    def quantile(self, probability: float) -> float:
        """The score that is exceeded with this probability."""
        log = math.log(max(self.rate / probability, 1.0))
        over = math.expm1(self.shape * log) / self.shape if self.shape else log
        return self.threshold + self.scale * over


def fit(peaks: Values, points: int, share: float, floor: float) -> Tail:
    """The tail above the highest `share` of `points` scores, whose `peaks` (any order) are given.

    `floor` is the smallest scale, in the unit of the scores: what counts as no difference at all.
    """
    ordered = np.sort(peaks)
    count = min(max(math.ceil(share * points), FEWEST), len(ordered) - 1)
    threshold = float(ordered[-count - 1])
    over = ordered[-count:] - threshold
    mean = float(over.mean())
    weighted = float(over @ np.arange(count - 1, -1, -1)) / (count * max(count - 1, 1))
    if mean <= floor or weighted <= 0:
        return Tail(threshold, max(mean, floor), 0.0, count / points)
    shape = 2 - mean / (mean - 2 * weighted) if mean > 2 * weighted else HEAVIEST
    shape = min(max(shape, 0.0), HEAVIEST)
    return Tail(threshold, mean * (1 - shape), shape if shape > 1e-6 else 0.0, count / points)
