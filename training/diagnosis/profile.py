"""One file in one pass (two for CSV, whose types must be found first): every row counts, some are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from diagnosis.column import Column
from diagnosis.sketches import LONGEST, Prints, combined, hashed
from diagnosis.source import Source
from diagnosis.values import Guess, Kind, Typed, stored_kind, typed

SAMPLE = 50_000
"""Rows that distributions, associations, leakage and drift are told from."""
SEED = 20260101
Progress = Callable[[str, int], None]
"""What is being done, and how many rows of it are."""
Watch = Callable[[Mapping[str, Typed]], None]


@dataclass(frozen=True)
class Roles:
    """Columns that are more than one among many, where they are known."""

    target: str | None = None
    entity: str | None = None
    time: str | None = None
    part: str | None = None
    """What tells apart records of one entity and time, where there are several."""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(name for name in (self.entity, self.time, self.part) if name)

    @property
    def keyed(self) -> bool:
        """Whether a record is known by its keys."""
        return bool(self.entity and self.time)


@dataclass
class Profile:
    """What was found in a file: exact figures by column, equal rows by hash, and a sample of its rows."""

    source: Source
    roles: Roles
    rows: int
    columns: dict[str, Column]
    sample: pd.DataFrame = field(repr=False)
    records: Prints = field(repr=False)
    """Content without keys and target, whole row, target, time."""
    keys: Prints = field(repr=False)
    """Keys, whole row."""

    @property
    def sampled(self) -> bool:
        return len(self.sample) < self.rows

    def of_kind(self, *kinds: Kind) -> list[Column]:
        return [column for column in self.columns.values() if column.kind in kinds]


def profile(
    source: Source,
    roles: Roles,
    *,
    forced: Mapping[str, Kind] | None = None,
    watch: Watch | None = None,
    progress: Progress = lambda *_: None,
) -> Profile:
    """`forced` are kinds that a schema tells; `watch` sees every batch as it is read."""
    kinds, rows = _kinds(source, forced or {}, progress)
    roles = _existing(roles, source)
    found = Profile(source, roles, rows, _columns(source, kinds), pd.DataFrame(), Prints(4), Prints(2))
    wanted, start, pieces = _wanted(rows), 0, list[pa.Table]()
    for batch in source.batches():
        read = {name: typed(kinds[name], batch.column(i)) for i, name in enumerate(source.names)}
        _count(found, read)
        if watch:
            watch(read)
        low, high = np.searchsorted(wanted, (start, start + len(batch)))
        pieces.append(_taken(read, wanted[low:high] - start))
        start += len(batch)
        progress("counting", start)
    found.rows = start
    found.sample = _frame(pieces, kinds)
    return found


def _kinds(source: Source, forced: Mapping[str, Kind], progress: Progress) -> tuple[dict[str, Kind], int]:
    """Each column's kind and the number of rows."""
    if source.format == "parquet":
        import pyarrow.parquet as pq

        schema = pq.read_schema(source.path)
        return {
            name: stored_kind(schema.field(i).type) for i, name in enumerate(schema.names)
        }, source.rows or 0
    guesses, rows = {name: Guess() for name in source.names}, 0
    for batch in source.batches():
        for i, (name, guess) in enumerate(guesses.items()):
            if name not in forced:
                guess.add(batch.column(i))
        rows += len(batch)
        progress("reading types", rows)
    return {name: forced.get(name, guess.kind) for name, guess in guesses.items()}, rows


def _existing(roles: Roles, source: Source) -> Roles:
    there = {name: value if value in source.names else None for name, value in vars(roles).items()}
    return Roles(**there)


def _columns(source: Source, kinds: Mapping[str, Kind]) -> dict[str, Column]:
    return {name: Column(name, kinds[name]) for name in source.names}


def _wanted(rows: int) -> NDArray[np.int64]:
    """Places of the rows to keep: all of few, a draw of many."""
    if rows <= SAMPLE:
        return np.arange(rows)
    drawn = np.random.default_rng(SEED).integers(0, rows, int(SAMPLE * 1.2))
    places: NDArray[np.int64] = np.sort(pd.unique(drawn)[:SAMPLE])
    return places


def _count(found: Profile, read: Mapping[str, Typed]) -> None:
    roles, hashes = found.roles, {}
    for name, column in read.items():
        hashes[name] = hashed(column.values)
        found.columns[name].add(column, hashes[name])
    numbered = list(enumerate(hashes.items()))
    whole = combined([(i, each) for i, (_, each) in numbered])
    aside = {*roles.keys, roles.target}
    content = combined([(i, each) for i, (name, each) in numbered if name not in aside])
    empty = np.zeros(len(whole), np.uint64)
    time = _milliseconds(read[roles.time].values) if roles.time else empty
    found.records.add(content if len(content) else whole, whole, hashes.get(roles.target or "", empty), time)
    if roles.keyed:
        found.keys.add(combined([(i, hashes[name]) for i, name in enumerate(roles.keys)]), whole)


def _milliseconds(values: pa.Array) -> NDArray[np.uint64]:
    if not pa.types.is_timestamp(values.type):
        return np.zeros(len(values), np.uint64)
    stamps = values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    found: NDArray[np.uint64] = np.maximum(stamps // 1000, 0).astype(np.uint64)
    return found


def _taken(read: Mapping[str, Typed], places: NDArray[np.int64]) -> pa.Table:
    """Rows of a batch, long texts cut short."""
    taken = {name: column.values.take(pa.array(places)) for name, column in read.items()}
    for name, values in taken.items():
        if pa.types.is_string(values.type):
            taken[name] = pc.utf8_slice_codeunits(values, 0, LONGEST)
        elif not (pa.types.is_floating(values.type) or pa.types.is_timestamp(values.type)):
            taken[name] = pa.nulls(len(places), pa.string())
    return pa.table(taken)


def _frame(pieces: list[pa.Table], kinds: Mapping[str, Kind]) -> pd.DataFrame:
    if not pieces:
        return pd.DataFrame({name: pd.Series([], dtype=object) for name in kinds})
    frame: pd.DataFrame = pa.concat_tables(pieces).to_pandas()
    return frame
