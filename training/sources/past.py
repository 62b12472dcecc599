"""What lies before a row in its group, for tables sorted by time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
CHUNK = 1 << 14


@dataclass(frozen=True)
class Group:
    """Rows by group and time: `code` per row, the sorting `order`, `age` = rows of the group before."""

    code: NDArray[np.int64]
    order: NDArray[np.int64]
    age: NDArray[np.int64]

    @classmethod
    def of(cls, runs: pd.DataFrame, keys: list[str]) -> Group:
        groups = runs.groupby(keys, observed=True, sort=True)
        code = groups.ngroup().to_numpy().astype(np.int64)
        age = groups.cumcount().to_numpy().astype(np.int64)
        return cls(code, np.argsort(code, kind="stable"), age)

    def before(self, values: Array, lag: int = 1) -> Array:
        """The group's value `lag` rows earlier, NaN where it has none."""
        ordered, shifted = values[self.order], np.full(len(values), np.nan)
        shifted[self.order[lag:]] = ordered[:-lag]
        return np.where(self.age >= lag, shifted, np.nan)

    def past(self, values: Array, rows: int) -> Iterator[tuple[NDArray[np.int64], Array]]:
        """Rows and the last `rows` values of their group before them, NaN where fewer; in chunks."""
        padded = np.concatenate((np.full(rows, np.nan), values[self.order]))
        earlier = np.lib.stride_tricks.sliding_window_view(padded, rows)
        lags = np.arange(rows, 0, -1)
        for start in range(0, len(values), CHUNK):
            chosen = self.order[start : start + CHUNK]
            known = lags <= self.age[chosen, None]
            yield chosen, np.where(known, earlier[start : start + len(chosen)], np.nan)


@dataclass(frozen=True)
class Summary:
    """Mean, variance (of two at least), lowest and upper end of the lowest 5% of the values before."""

    mean: Array
    variance: Array
    lowest: Array
    low: Array

    @classmethod
    def of(cls, group: Group, values: Array, rows: int) -> Summary:
        summary = cls(*(np.full(len(values), np.nan) for _ in range(4)))
        for chosen, past in group.past(values, rows):
            count = np.minimum(group.age[chosen], rows)
            mean = np.nansum(past, axis=1) / np.where(count > 0, count, np.nan)
            spread = np.nansum((past - mean[:, None]) ** 2, axis=1)
            ranked = np.sort(past, axis=1)
            summary.mean[chosen] = mean
            summary.variance[chosen] = spread / np.where(count > 1, count, np.nan)
            summary.lowest[chosen] = ranked[:, 0]
            summary.low[chosen] = ranked[np.arange(len(chosen)), count // 20]
        return summary
