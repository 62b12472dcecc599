"""Train, validation and test by time: what a model learns from lies before what it is judged on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs import JobError

Times = NDArray[np.int64]
NAMES = ("train", "validation", "test")
SHARES = (0.70, 0.85)
"""Where validation and test begin, as shares of the labelled records in time order."""
MINUTE_MS = 60_000
HOUR_MS = 3_600_000


class Timeline:
    """How many labelled records lie in each minute: enough to cut by time without holding every time."""

    def __init__(self) -> None:
        self._minutes: Times = np.empty(0, np.int64)
        self._counts: Times = np.empty(0, np.int64)

    def add(self, times: Times) -> None:
        """Counts records by their time in epoch milliseconds."""
        minutes, counts = np.unique(times // MINUTE_MS, return_counts=True)
        merged, place = np.unique(np.concatenate((self._minutes, minutes)), return_inverse=True)
        both = np.concatenate((self._counts, counts))
        self._minutes, self._counts = merged, np.bincount(place, weights=both).astype(np.int64)

    def cuts(self, horizon_hours: float) -> Cuts:
        """JobError where there are too few labelled records or too few distinct times."""
        total = int(self._counts.sum())
        if total < 20 or len(self._minutes) < len(NAMES):
            raise JobError(
                f"{total} labelled records at {len(self._minutes)} distinct times cannot be split by time; "
                "needed are at least 20 labelled records at 3 distinct times"
            )
        before = np.cumsum(self._counts)
        first, second = (int(np.searchsorted(before, share * total, side="left")) for share in SHARES)
        first = min(max(first, 1), len(before) - 2)
        second = min(max(second, first + 1), len(before) - 1)
        validation, test = (int(self._minutes[i]) * MINUTE_MS for i in (first, second))
        return Cuts(validation, test, round(horizon_hours * HOUR_MS))


@dataclass(frozen=True)
class Cuts:
    """Where validation and test begin, and how far before each cut a label would reach past it (ms)."""

    validation: int
    test: int
    horizon: int

    def assign(self, times: Times) -> NDArray[np.int8]:
        """0, 1, 2 for train, validation, test; -1 for a label that reaches into the next part."""
        part = (times >= self.validation).astype(np.int8) + (times >= self.test).astype(np.int8)
        reach = times + self.horizon
        crosses = ((part == 0) & (reach > self.validation)) | ((part == 1) & (reach > self.test))
        part[crosses] = -1
        return part


def known_before(
    entity: Times, time: Times, target: NDArray[np.float64], horizon: int
) -> NDArray[np.float64]:
    """The entity's latest label that was known at each row's time, NaN where none was.

    Rows sorted by entity and time; a label of time t is known from t + horizon (ms) on.
    """
    offset = entity * (int(np.ptp(time)) + horizon + 2) + (time - time.min())
    labelled = np.flatnonzero(np.isfinite(target))
    place = np.searchsorted(offset[labelled], offset - max(horizon, 1), side="right") - 1
    previous = labelled[np.maximum(place, 0)] if len(labelled) else np.zeros(len(time), np.int64)
    known = (place >= 0) & (entity[previous] == entity)
    return np.where(known, target[previous], np.nan)
