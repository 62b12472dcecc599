"""The records of one bucket, each key once, ready for the feature code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from columns import coded, numbers


@dataclass(frozen=True)
class Bucket:
    """Distinct records sorted by volume and time: arrays of one length.

    `volume` holds positions in `names`, `time` epoch milliseconds, `target` NaN where unlabelled.
    """

    names: pa.Array
    volume: NDArray[np.int64]
    time: NDArray[np.int64]
    values: dict[str, NDArray[np.float64]]
    target: NDArray[np.float64]


def distinct(table: pa.Table, features: tuple[str, ...]) -> Bucket:
    """Of records with the same keys the last one that came wins."""
    (volume, names), time = coded(table["volume_id"]), numbers(table["time"])
    order = np.lexsort((time, volume))
    volume, time = volume[order], time[order]
    last = np.ones(len(order), bool)
    last[:-1] = (np.diff(volume) != 0) | (np.diff(time) != 0)
    chosen = order[last]
    return Bucket(
        names,
        volume[last],
        time[last],
        {name: numbers(table[name])[chosen] for name in features},
        numbers(table["target"])[chosen],
    )
