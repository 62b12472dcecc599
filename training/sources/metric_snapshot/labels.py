"""Labels: whether the resource fails within the hour after a snapshot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CLASSES = ("healthy", "failing")
AHEAD = 12
"""Snapshots in the horizon."""


def failing(failures: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Class numbers (snapshots, resources), -1 where the series ends before the horizon does.

    `failures[i]` says whether the resource failed right before snapshot i.
    """
    count = np.zeros((len(failures) + 1, failures.shape[1]), np.int64)
    np.cumsum(failures, axis=0, out=count[1:])
    label = np.full(failures.shape, -1, np.int64)
    label[:-AHEAD] = count[1 + AHEAD :] > count[1:-AHEAD]
    return label
