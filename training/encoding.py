"""Records to the model's input, the one way for training and for serving."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

import grams
import windows
from catalog.contract import Contract, Feature

Matrix = NDArray[np.float32]
Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Records as columns of one length.

    `entity` holds whole-number codes, `time` epoch milliseconds, `values` numbers with NaN where a record
    lacks them, `texts` None there; columns that no record has may be left out.
    """

    entity: Index
    time: Index
    values: Mapping[str, Array]
    texts: Mapping[str, Sequence[str | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Encoder:
    """Makes a contract's features; `build` is the record schema's feature code, if it derives any."""

    contract: Contract
    build: Callable[[Columns], Array] | None

    @classmethod
    def of(cls, contract: Contract) -> Encoder:
        """ValueError where the feature code and the contract name different features."""
        if not contract.record.derives:
            return cls(contract, None)
        module = importlib.import_module(f"features.{contract.record.name}")
        named = tuple(feature.name for feature in contract.record.features)
        if tuple(module.NAMES) != named:
            raise ValueError(f"{module.__name__} builds {module.NAMES}, contract {contract.name} has {named}")

        def build(columns: Columns) -> Array:
            built: Array = module.build(module.Columns(columns.entity, columns.time // 1000, columns.values))
            return built

        return cls(contract, build)

    def features(self, columns: Columns) -> Matrix:
        """Each record's features (n, features), unscaled, NaN where a value is missing or not finite.

        Stored column by column, as files and the scaler want it.
        """
        record, count = self.contract.record, len(columns.time)
        matrix = np.empty((count, len(self.contract.features)), np.float32, order="F")
        numbers = len(record.features)
        with np.errstate(over="ignore"):
            if self.build:
                matrix[:, :numbers] = self.build(columns)
            for place, feature in enumerate(record.features):
                given = None if self.build else columns.values.get(feature.name)
                _complete(matrix[:, place], feature, given, derived=self.build is not None)
        for text in record.texts:
            end = numbers + text.buckets
            matrix[:, numbers:end] = grams.encode(text, columns.texts.get(text.name) or [None] * count)
            numbers = end
        matrix[np.isinf(matrix)] = np.nan
        return matrix

    def windows(self, columns: Columns) -> Matrix:
        """What the model reads of each record (n, steps x features): earlier ones from among `columns`."""
        features, steps = self.features(columns), self.contract.steps
        if steps == 1:
            return features
        order = np.lexsort((columns.time, columns.entity))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        reach = windows.reach(self.contract.record)
        known = windows.known(columns.entity[order], columns.time[order], steps, reach)
        return windows.flat(features[order], known, place, steps)

    def read(self, records: Sequence[Mapping[str, Any]]) -> Columns:
        """Columns of records as a request holds them; ValueError on a time that is not ISO 8601."""
        record, codes = self.contract.record, dict[str, int]()
        entity = [codes.setdefault(each[record.entity], len(codes)) for each in records]
        time = [round(datetime.fromisoformat(each[record.time]).timestamp() * 1000) for each in records]
        return Columns(
            np.array(entity, np.int64),
            np.array(time, np.int64),
            {
                feature.name: np.array([_number(feature, each) for each in records], np.float64)
                for feature in record.read
                if any(feature.source in each for each in records)
            },
            {text.name: [each.get(text.name) for each in records] for text in record.texts},
        )


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


def _complete(column: Matrix, feature: Feature, given: Array | None, *, derived: bool) -> None:
    """Fills `column` with what was `given` unless feature code did, then with the declared default."""
    if not derived:
        column[:] = np.nan if given is None else given
    if feature.missing == "default":
        column[np.isnan(column)] = feature.default


def _number(feature: Feature, record: Mapping[str, Any]) -> float:
    value = record.get(feature.source)
    return np.nan if value is None else feature.number(value)
