"""From windows of records to the rows that a model reads, as its training made them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from catalog.contract import MISSING, Contract, Feature
from serve.session import Rows
from serve.window import Snapshot, Window


@dataclass(frozen=True)
class Inputs:
    """Rows of one contract's model."""

    contract: Contract

    def rows(self, windows: Sequence[Window]) -> Rows:
        """(windows, columns), or one row per window and horizon for a forecast, horizons together."""
        contract = self.contract
        if contract.record.derives:
            features = self._derived(windows)
        elif contract.steps > 1:
            features = np.array([self._flat(window) for window in windows], np.float64)
        else:
            features = np.array([contract.encode(window[-1][1]) for window in windows], np.float64)
        if contract.target.horizons:
            horizons = contract.target.horizons
            hours = np.tile(np.array(horizons), len(windows))
            features = np.column_stack((np.repeat(features, len(horizons), axis=0), hours))
        return _narrowed(features)

    def _flat(self, window: Window) -> list[float]:
        """The last `steps` records side by side, NaN for those there are not."""
        last = window[-self.contract.steps :]
        absent = (self.contract.steps - len(last)) * len(self.contract.features)
        known = chain.from_iterable(self.contract.encode(values) for _, values in last)
        return [*[MISSING] * absent, *known]

    def _derived(self, windows: Sequence[Window]) -> NDArray[np.float64]:
        """Features that feature code computes of each window for itself: as many entities as windows."""
        schema = self.contract.record
        code = importlib.import_module(f"features.{schema.name}")
        snapshots = list(chain.from_iterable(windows))
        lengths = np.array([len(window) for window in windows])
        entity = np.repeat(np.arange(len(windows)), lengths)
        time = np.array([time_ms for time_ms, _ in snapshots], np.int64) // 1000
        given = {name for _, values in snapshots for name in values}
        values = {each.name: _column(snapshots, each) for each in schema.read if each.source in given}
        columns, last = code.Columns(entity, time, values), np.cumsum(lengths) - 1
        built: NDArray[np.float64] = code.build(columns, last)
        for place, feature in enumerate(schema.features):
            if feature.missing == "default":
                built[np.isnan(built[:, place]), place] = feature.default
        return built


def _column(snapshots: Sequence[Snapshot], feature: Feature) -> NDArray[np.float64]:
    found = [values.get(feature.source, MISSING) for _, values in snapshots]
    return np.array([feature.number(value) for value in found], np.float64)


def _narrowed(features: NDArray[np.float64]) -> Rows:
    """As float32, NaN where a value is too large for it."""
    with np.errstate(over="ignore"):
        rows = features.astype(np.float32)
    rows[np.isinf(rows)] = np.nan
    return np.ascontiguousarray(rows)
