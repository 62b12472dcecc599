"""What there is to learn from a bucket: its labelled rows, with what was known when each was recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import labels
from bucket import Bucket
from catalog.contract import Contract, Target
from columns import numbers
from splits import known_before

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Truth:
    """Labelled rows of a bucket: arrays of one length.

    `place` is the row's place in the bucket, `known` the latest truth known at its time (NaN where none was),
    `hours` how far ahead a forecast's target lies. A forecast has a row for each of its horizons, from
    records that hold the current value.
    """

    place: Index
    target: Array
    known: Array
    hours: Array | None = None

    @classmethod
    def of(cls, bucket: Bucket, target: Target, gap_ms: int) -> Truth:
        columns = bucket.columns
        if not target.horizons:
            known = known_before(columns.entity, columns.time, bucket.target, gap_ms)
            place = np.flatnonzero(np.isfinite(bucket.target))
            return cls(place, bucket.target[place], known[place])
        now = columns.values[target.ahead_of]
        later = labels.ahead(columns.entity, columns.time, now, target.horizons)
        place, which = np.nonzero(np.isfinite(later) & np.isfinite(now)[:, None])
        return cls(place, later[place, which].astype(float), now[place], np.array(target.horizons)[which])


def told(table: pa.Table, contract: Contract) -> NDArray[np.bool_]:
    """Which records have a truth; of a forecast, those whose value is the truth of earlier ones; of a
    placement all, as measurements."""
    if contract.placement:
        return np.ones(len(table), bool)
    name = contract.target.ahead_of or "target"
    if name not in table.column_names:
        return np.zeros(len(table), bool)
    found: NDArray[np.bool_] = np.isfinite(numbers(table[name]))
    return found


def gap_hours(target: Target) -> float:
    """How far past a record's time its truth reaches at most."""
    return max(target.horizon_hours, *target.horizons, 0.0)
