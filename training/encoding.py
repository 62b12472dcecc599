"""Records to the model's input, the one way for training and for serving."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """The feature code of one record schema. `read` makes columns of records, `build` features of columns."""

    read: Callable[[Any], Any]
    columns: Callable[..., Any]
    build: Callable[[Any], NDArray[np.float64]]

    @classmethod
    def of(cls, contract: Contract) -> Encoder:
        """ValueError where the feature code and the contract name different features."""
        module = importlib.import_module(f"features.{contract.record.name}")
        if tuple(module.NAMES) != contract.features:
            raise ValueError(
                f"{module.__name__} builds {module.NAMES}, contract {contract.name} has {contract.features}"
            )
        return cls(module.read, module.Columns, module.build)

    def matrix(self, columns: Any) -> Matrix:
        """Unscaled features as float32, one row a record, NaN where a value is missing or not finite.

        Stored column by column, as files and the scaler want it.
        """
        built = self.build(columns)
        matrix = np.empty(built.shape, np.float32, order="F")
        with np.errstate(over="ignore"):
            matrix[:] = built
        matrix[np.isinf(matrix)] = np.nan
        return matrix


@dataclass(frozen=True)
class Scaler:
    """Standardisation fitted on the training split, in float32 as the exported model computes it."""

    mean: Matrix
    scale: Matrix

    @classmethod
    def of(cls, fitted: dict[str, list[float]]) -> Scaler:
        return cls(np.array(fitted["mean"], np.float32), np.array(fitted["scale"], np.float32))

    @property
    def factor(self) -> Matrix:
        return np.float32(1) / self.scale

    def apply(self, matrix: Matrix) -> Matrix:
        return (matrix - self.mean) * self.factor
