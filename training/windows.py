"""The last records of an entity side by side, for models that read more than one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catalog.contract import RecordSchema

Index = NDArray[np.int64]
Matrix = NDArray[np.float32]
HOUR_MS = 3_600_000


def reach(record: RecordSchema) -> int:
    """How far back (ms) the platform remembers a record, and so how far a window may reach."""
    return record.history.ttl_hours * HOUR_MS if record.history else int(np.iinfo(np.int64).max)


def known(entity: Index, time: Index, steps: int, reach_ms: int) -> Index:
    """How many earlier rows, fewer than `steps`, each row (n,) may read.

    Rows are sorted by `entity` and `time` (ms).
    """
    rows = np.arange(len(entity))
    new = np.ones(len(entity), bool)
    new[1:] = np.diff(entity) != 0
    age = rows - np.maximum.accumulate(np.where(new, rows, 0))
    count = np.zeros(len(entity), np.int64)
    for back in range(1, steps):
        count[back:] += (age[back:] >= back) & (time[back:] - time[:-back] <= reach_ms)
    return count


def flat(features: Matrix, count: Index, place: Index, steps: int) -> Matrix:
    """The rows at `place` as (len(place), steps x width): the earlier rows they may read, then themselves.

    The oldest stands first; NaN where there are fewer than `steps`. Stored column by column. `features`
    (n, width) are sorted as for `known`, whose answer is `count`.
    """
    if steps == 1:
        return np.asfortranarray(features[place])
    width = features.shape[1]
    found = np.full((len(place), steps * width), np.nan, np.float32, order="F")
    for back in range(steps):
        has = np.flatnonzero(count[place] >= back)
        first = (steps - 1 - back) * width
        found[has, first : first + width] = features[place[has] - back]
    return found
