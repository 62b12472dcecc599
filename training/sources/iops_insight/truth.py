"""Labels: what became of the volume in the hours after a record, seen with a little noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Random = np.random.Generator

AHEAD = 4
"""Windows in the horizon."""
LEVELS = ("low", "medium", "high", "critical")
LIMITS = (0.44, 1.0, 1.56)
"""Mean burden of the windows ahead from which on risk is medium, high, critical."""
DOUBT, SCORE_NOISE = 0.08, 3.0
"""Standard deviations: of the burden that risk is judged by, and of the score in points."""
LABELLED = 0.8


def ahead(burden: Array) -> Array:
    """Mean burden of the next `AHEAD` windows (axis 0), NaN where the series ends before."""
    total = np.concatenate((np.zeros_like(burden[:1]), np.cumsum(burden, axis=0)))
    mean = np.full_like(burden, np.nan)
    mean[:-AHEAD] = (total[1 + AHEAD :] - total[1:-AHEAD]) / AHEAD
    return mean


def risk(random: Random, future: Array) -> NDArray[np.int64]:
    """Class numbers."""
    return np.digitize(future + DOUBT * random.standard_normal(future.shape), LIMITS)


def score(random: Random, future: Array) -> Array:
    """100 where latency will be what it is in health, 50 where it will be twice that."""
    noise = SCORE_NOISE * random.standard_normal(future.shape)
    return np.clip(100 * np.exp(-future) + noise, 0, 100)


def known(random: Random, future: Array) -> NDArray[np.bool_]:
    """Which records carry their label."""
    return (random.random(future.shape) < LABELLED) & np.isfinite(future)
