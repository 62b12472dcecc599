"""Rows of rare classes may weigh more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

POWERS = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}
"""Power of a class's rarity that its rows weigh with."""


def row_weights(rule: str, labels: NDArray[np.float32], classes: int) -> NDArray[np.float32] | None:
    """One weight a row, whose mean is 1; None where all weigh the same, as of a number (no classes)."""
    power = POWERS[rule]
    if not classes or not power:
        return None
    codes = labels.astype(np.int64)
    counts = np.maximum(np.bincount(codes, minlength=classes), 1)
    weights = ((len(codes) / counts) ** power)[codes]
    return np.asarray(weights / weights.mean(), np.float32)
