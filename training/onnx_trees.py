"""What every export of trees needs: thresholds as ONNX compares them, in float32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def at_most(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 not above each threshold: no float32 input lies between the two."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
