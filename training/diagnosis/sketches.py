"""What is counted of values without keeping them: distinct ones, frequent ones, equal rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
KEPT = 4096
"""Smallest hashes kept: fewer distinct values are counted exactly, more to within about 1.6%."""
MOST_NAMES = 20_000
LONGEST = 120
MOST_PRINTS = 1 << 22
"""Rows whose hashes are kept; of more rows, a share that is drawn by hash."""
MISSING = np.uint64(0x9E3779B97F4A7C15)
"""Any odd number of many bits."""


def hashed(values: pa.Array) -> Hashes:
    """64 bits of each value; equal values have equal bits, missing ones too."""
    if pa.types.is_string(values.type):
        encoded = values.dictionary_encode()
        names = pd.util.hash_array(np.asarray(encoded.dictionary.to_pylist(), dtype=object), categorize=False)
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        found: Hashes = np.append(names, MISSING)[codes]
        return found
    if pa.types.is_floating(values.type):
        numbers = values.to_numpy(zero_copy_only=False)
        return np.where(np.isnan(numbers), MISSING, _mixed((numbers + 0.0).view(np.uint64)))
    if pa.types.is_timestamp(values.type):
        bits = values.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False).view(np.uint64)
        return _mixed(bits)
    return np.full(len(values), MISSING)


def _mixed(bits: Hashes) -> Hashes:
    """The finaliser of MurmurHash3: every bit depends on every other."""
    for multiplier in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        bits = (bits ^ (bits >> np.uint64(33))) * np.uint64(multiplier)
    mixed: Hashes = bits ^ (bits >> np.uint64(33))
    return mixed


def combined(columns: list[tuple[int, Hashes]]) -> Hashes:
    """One hash a row of its columns' hashes; `int` is the column's place in the file."""
    total = np.zeros(len(columns[0][1]) if columns else 0, np.uint64)
    for place, hashes in columns:
        total += _mixed(hashes + np.uint64((2 * place + 1) * int(MISSING) % 2**64))
    return _mixed(total)


@dataclass
class Distinct:
    """How many different values there are, of the smallest of their hashes."""

    smallest: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))

    def add(self, hashes: Hashes) -> None:
        if len(self.smallest) >= KEPT:
            hashes = hashes[hashes < self.smallest[-1]]
        self.smallest = np.unique(np.concatenate((self.smallest, hashes)))[:KEPT]

    @property
    def exact(self) -> bool:
        return len(self.smallest) < KEPT

    @property
    def count(self) -> int:
        if self.exact:
            return len(self.smallest)
        return int((KEPT - 1) * 2**64 / float(self.smallest[-1]))


@dataclass
class Frequent:
    """How often each text is there, as long as there are not too many."""

    counts: Counter[str] | None = field(default_factory=Counter)

    def add(self, values: pa.Array) -> None:
        if self.counts is None:
            return
        found = pc.value_counts(pc.utf8_slice_codeunits(values.drop_null(), 0, LONGEST))
        if len(found) + len(self.counts) > MOST_NAMES:
            self.counts = None
            return
        names, counts = found.field("values").to_pylist(), found.field("counts").to_pylist()
        self.counts.update(dict(zip(names, counts, strict=True)))


@dataclass
class Prints:
    """Hashes of rows side by side (n, columns), thinned by the first, so that equal rows stay together."""

    width: int
    one_in: int = 1
    blocks: list[Hashes] = field(default_factory=list)
    kept: int = 0

    def add(self, *columns: Hashes) -> None:
        block = self._thinned(np.column_stack(columns))
        self.blocks.append(block)
        self.kept += len(block)
        while self.kept > MOST_PRINTS:
            self.one_in *= 2
            self.blocks = [self._thinned(each) for each in self.blocks]
            self.kept = sum(map(len, self.blocks))

    def rows(self) -> Hashes:
        return np.concatenate(self.blocks) if self.blocks else np.empty((0, self.width), np.uint64)

    def _thinned(self, block: Hashes) -> Hashes:
        return block if self.one_in == 1 else block[block[:, 0] % np.uint64(self.one_in) == 0]
