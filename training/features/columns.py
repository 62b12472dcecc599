"""What all feature code starts from. numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Records as columns of one length, rows in any order.

    `entity` holds whole-number codes, `time` epoch seconds (UTC), `values` only the features that were given,
    NaN where a record lacks them.
    """

    entity: Index
    time: Index
    values: Mapping[str, Array]


def clock(time: Index) -> tuple[Index, Index]:
    """The UTC hour and the day of the week, Monday 0, of epoch seconds."""
    return time // 3600 % 24, (time // 86400 + 3) % 7


def ratio(above: Array, below: Array) -> Array:
    """The quotient, NaN where the divisor is not positive."""
    quotient = np.full(below.shape, np.nan)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient
