"""What the training split tells of a name alone: the mean, or the classes' shares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from dataset import Rows

LISTED = 5_000
"""Names that the metadata tells of, the commonest; callers may have sent any number of them."""
Sums = dict[str, NDArray[np.float64]]


class ByName:
    """Per name the rows of each class, or the number of rows and the sum of the target."""

    def __init__(self, contract: Contract) -> None:
        self.feature = first_named(contract)
        self._place = contract.columns.index(self.feature) if self.feature else -1
        self._classes = len(contract.target.classes)
        self._sums: Sums = {}

    def add(self, rows: Rows) -> None:
        if not self.feature:
            return
        names, place = np.unique(rows.features[:, self._place], return_inverse=True)
        told = np.eye(self._classes)[rows.target.astype(np.int64)] if self._classes else _counted(rows.target)
        sums = np.zeros((len(names), told.shape[1]))
        np.add.at(sums, place, told)
        for name, found in zip(names, sums, strict=True):
            if not np.isnan(name):
                self._sums[_key(name)] = self._sums.get(_key(name), 0.0) + found

    def result(self) -> dict[str, Any]:
        """The feature, and by name's number the classes' shares or the mean; nothing where none is named."""
        kept = sorted(self._sums, key=lambda name: (-self._rows(name), name))[:LISTED]
        answers = {name: self._answer(self._sums[name]) for name in kept}
        return {"feature": self.feature, "answers": answers} if self.feature else {}

    def _rows(self, name: str) -> float:
        sums = self._sums[name]
        return float(sums.sum() if self._classes else sums[0])

    def _answer(self, sums: NDArray[np.float64]) -> list[float]:
        found: list[float] = (sums / sums.sum()).tolist() if self._classes else [sums[1] / sums[0]]
        return [round(float(each), 6) for each in found]


def first_named(contract: Contract) -> str:
    """The first feature that callers give by an open-ended name; empty where there is none."""
    names = (feature.name for feature in contract.record.features if feature.names)
    return next(names, "") if contract.steps == 1 and not contract.target.horizons else ""


def answers(
    names: NDArray[np.float32], told: dict[str, Any], otherwise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What is told of each row's name (n, width); `otherwise` (width,) where nothing is."""
    known, place = np.unique(names, return_inverse=True)
    found = np.array([told["answers"].get(_key(name), otherwise) for name in known], np.float64)
    return found.reshape(len(known), -1)[place]


def _counted(target: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.column_stack((np.ones(len(target)), target.astype(np.float64)))


def _key(name: float) -> str:
    return "" if np.isnan(name) else str(int(name))
