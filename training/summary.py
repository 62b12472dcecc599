"""What a split holds, gathered part by part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from dataset import Rows


class Summary:
    """Counts, times, label distribution and the ranges of the records' numbers of one split."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._names = [feature.name for feature in contract.record.features]
        width, first = len(self._names), contract.columns.index(contract.features[0])
        self._latest = slice(first, first + width)
        self._low, self._high = np.full(width, np.nan), np.full(width, np.nan)
        self._missing = np.zeros(width, np.int64)
        self._counts = np.zeros(len(contract.target.classes), np.int64)
        self._sums = np.zeros(2)
        self._span: list[int] = []
        self.rows, self.entities = 0, 0

    def add(self, time: NDArray[np.int64], rows: Rows) -> None:
        """Adds rows of entities that no earlier part held; `time` in epoch milliseconds."""
        self.rows, self.entities = self.rows + len(rows), self.entities + len(np.unique(rows.entity))
        self._span += [int(time.min()), int(time.max())]
        self._span = [min(self._span), max(self._span)]
        latest = rows.features[:, self._latest]
        self._low = np.fmin(self._low, np.fmin.reduce(latest, axis=0))
        self._high = np.fmax(self._high, np.fmax.reduce(latest, axis=0))
        self._missing += np.isnan(latest).sum(axis=0)
        target = rows.target.astype(np.float64)
        self._sums += (target.sum(), (target**2).sum())
        if len(self._counts):
            self._counts += np.bincount(rows.target.astype(np.int64), minlength=len(self._counts))

    def result(self) -> dict[str, Any]:
        first, last = (iso(time) for time in self._span)
        return {
            "rows": self.rows,
            "entities": self.entities,
            "from": first,
            "to": last,
            "target": self._target(),
            "ranges": {
                name: {"min": _number(low), "max": _number(high), "missing": round(int(gone) / self.rows, 6)}
                for name, low, high, gone in zip(
                    self._names, self._low, self._high, self._missing, strict=True
                )
            },
        }

    def constant(self) -> float:
        """The answer of a model that reads nothing: the commonest class's number, or the mean."""
        return float(self._counts.argmax()) if len(self._counts) else float(self._sums[0] / self.rows)

    def _target(self) -> dict[str, Any]:
        if self._contract.target.classes:
            return {"classes": dict(zip(self._contract.target.classes, self._counts.tolist(), strict=True))}
        mean = self._sums[0] / self.rows
        variance = max(self._sums[1] / self.rows - mean**2, 0.0)
        return {"mean": float(mean), "deviation": float(np.sqrt(variance))}


def iso(milliseconds: int) -> str:
    """An epoch time as ISO 8601."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
