"""The standard scaler, fitted part by part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix

Array = NDArray[np.float64]


class StandardScaler:
    """Mean and deviation of each feature over its known values.

    Fits as scikit-learn's class of this name does (`partial_fit`, `mean_`, `scale_`; a test holds it so),
    without the two seconds that importing scikit-learn takes. A feature without a known value stays as it is.
    """

    def __init__(self, width: int) -> None:
        self._count, self.mean_, self.var_ = np.zeros(width), np.zeros(width), np.zeros(width)

    def partial_fit(self, features: Matrix) -> None:
        """Adds rows (n, features), NaN where a value is missing."""
        for column in range(features.shape[1]):
            values = features[:, column].astype(np.float64)
            known = values[~np.isnan(values)]
            if len(known):
                self._merge(column, len(known), float(known.mean()), float(known.var()))

    def _merge(self, column: int, count: int, mean: float, variance: float) -> None:
        """Chan, Golub and LeVeque's update, which keeps its digits where a sum of squares would lose them."""
        before = self._count[column]
        total, step = before + count, mean - self.mean_[column]
        spread = before * self.var_[column] + count * variance + step**2 * before * count / total
        self.mean_[column] += step * count / total
        self._count[column], self.var_[column] = total, spread / total

    @property
    def scale_(self) -> Array:
        """1 for a feature whose values do not differ by more than rounding."""
        rounding = np.finfo(np.float64).eps * self._count
        constant = self.var_ <= rounding * self.var_ + (rounding * self.mean_) ** 2
        return np.where(constant, 1.0, np.sqrt(self.var_))
