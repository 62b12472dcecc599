"""Marginals that the fleet reproduces, as quantiles of 106 real volumes in 30-minute windows.

Aggregates derived from the CloudPhysics block traces (no row of them is here): over windows unless named so.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_AT = tuple(NormalDist().inv_cdf(p) for p in (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99))
MEAN_IOPS_OF_VOLUME = (21.34, 26.14, 30.74, 48.11, 88.21, 280.94, 1628.8, 2364.5, 2873.3)
SPREAD_OF_VOLUME = (0.05, 0.20, 0.52, 0.74, 1.32, 1.66, 1.92, 2.06, 2.25)
"""Standard deviation of log IOPS within a volume, from the real coefficients of variation."""
WRITE_SHARE = (0.0009, 0.0208, 0.0923, 0.3603, 0.7991, 0.9843, 0.9987, 0.9998, 0.99999)
IO_KB = (4.97, 10.39, 15.55, 29.57, 53.57, 146.40, 308.54, 441.61, 721.64)
SEQUENTIAL_SHARE = (0.0003, 0.0014, 0.0046, 0.0138, 0.0327, 0.0584, 0.1368, 0.2074, 0.4983)


def log_of(normal: Array, quantiles: tuple[float, ...]) -> Array:
    """The natural logarithm at standard-normal positions; the ends go on half as steep."""
    return _curve(normal, np.log(quantiles))


def share_of(normal: Array, quantiles: tuple[float, ...]) -> Array:
    """A share in (0, 1) at standard-normal positions."""
    given = np.array(quantiles)
    share: Array = 1 / (1 + np.exp(-_curve(normal, np.log(given / (1 - given)))))
    return share


def _curve(normal: Array, heights: Array) -> Array:
    inner = np.array(_AT)
    slopes = (heights[1] - heights[0], heights[-1] - heights[-2])
    ends = heights[0] - slopes[0] / 2, heights[-1] + slopes[1] / 2
    spread = inner[1] - inner[0]
    points = np.concatenate(([inner[0] - spread], inner, [inner[-1] + spread]))
    return np.interp(normal, points, np.concatenate(([ends[0]], heights, [ends[1]])))
