"""What a training's inputs look like, counted in the buckets in which live ones are: for drift to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from catalog.histogram import (
    FIRST,
    HASHES,
    LARGEST,
    MISSING,
    PARTS,
    SMALLEST,
    TOP,
    counted,
    is_filled,
    is_named,
)
from encoding import Matrix

FILE = "reference.json"
Codes = NDArray[np.int64]
ABSENT = TOP + 1
"""Where what is missing is counted."""


class Reference:
    """The training split's histogram, part by part."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        schema = contract.record
        self._features = {each.name: each for each in schema.read}
        first = contract.columns.index(contract.features[0])
        self._latest = [first + contract.features.index(name) for name in self._features]
        self._counts = {name: np.zeros(TOP + ABSENT + 1, np.int64) for name in counted(contract)}
        self._records = 0

    def add(self, features: Matrix, texts: Mapping[str, Sequence[str | None]]) -> None:
        """Adds rows: their columns (n, columns), unscaled, and the texts of their latest records."""
        self._records += len(features)
        for place, (name, feature) in zip(self._latest, self._features.items(), strict=True):
            values = features[:, place].astype(np.float64)
            self._count(name, named_buckets(values) if is_named(feature) else buckets(values))
        for text in self._contract.record.texts:
            lengths = np.array([len(each or "") for each in texts[text.name]], np.float64)
            self._count(text.name, buckets(lengths))

    def _count(self, name: str, codes: Codes) -> None:
        held = self._counts[name]
        held += np.bincount(np.where(codes == MISSING, ABSENT, codes) + TOP, minlength=len(held))

    def result(self) -> dict[str, Any]:
        """As `psi` compares it: of each feature how it is compared and its counts by bucket."""
        return {
            "contract_hash": self._contract.hash,
            "records": self._records,
            "features": {name: self._told(name) for name in self._counts},
        }

    def _told(self, name: str) -> dict[str, Any]:
        feature, held = self._features.get(name), self._counts[name]
        codes = {int(place) - TOP: int(held[place]) for place in np.flatnonzero(held)}
        return {
            "named": feature is not None and is_named(feature),
            "filled": feature is not None and is_filled(feature),
            "counts": {str(MISSING if code == ABSENT else code): count for code, count in codes.items()},
        }


def buckets(values: NDArray[np.float64]) -> Codes:
    """As `histogram.bucket` has it, of each value (n,)."""
    size = np.abs(values)
    told = np.isfinite(size) & (size < LARGEST)
    mantissa, exponent = np.frexp(np.where(told, size, 1.0))
    place = PARTS * exponent.astype(np.int64) + (2 * PARTS * mantissa).astype(np.int64) + FIRST
    place = np.where(told, place, TOP)
    place = np.where(size < SMALLEST, 0, place)
    found: Codes = np.where(np.isnan(values), MISSING, np.where(values > 0, place, -place))
    return found


def named_buckets(values: NDArray[np.float64]) -> Codes:
    """As `histogram.named_bucket` has it."""
    missing = np.isnan(values)
    found: Codes = np.where(missing, MISSING, np.where(missing, 0, values).astype(np.int64) % HASHES)
    return found
