"""Records as the raw bucket keeps them: Parquet files by folder, data profile and date.

The first two columns of every source are the entity's key and the time. Names follow from the data alone, so
writing again overwrites and never duplicates.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.contract import Contract
from columns import array, numbers

DAY_MS = 86_400_000
Put = Callable[[str, bytes], None]


def write_raw(chunks: Iterable[pa.Table], folder: str, profile: str, put: Put) -> Iterator[int]:
    """Put each chunk as one Parquet object a date; yields how many records are written so far."""
    written = 0
    for number, chunk in enumerate(chunks):
        time = numbers(chunk[chunk.column_names[1]].cast(pa.timestamp("ms", "UTC")).cast(pa.int64()))
        days = time // DAY_MS
        for day in np.unique(days):
            body = io.BytesIO()
            pq.write_table(chunk.take(array(np.flatnonzero(days == day))), body, compression="zstd")
            date = np.datetime64(int(day), "D")
            put(f"{folder}/profile={profile}/date={date}/part-{number:05d}.parquet", body.getvalue())
        written += len(chunk)
        yield written


def below(folder: Path) -> Put:
    """Puts objects as files below a local folder."""

    def put(name: str, body: bytes) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    return put


def made(contract: Contract, records: int, seed: int | None = None) -> Iterator[pa.Table]:
    """Synthetic records of the contract's schema, the generator's own seed where none is given; ValueError
    where nothing makes them up."""
    given: dict[str, Any] = {} if seed is None else {"seed": seed}
    if contract.placement:
        given["placement"] = contract.placement
    tables: Iterator[pa.Table] = generator(contract.record.name).chunks(records, **given)
    return tables


def generator(record: str) -> ModuleType:
    """The module that makes records of this schema up; ValueError where there is none."""
    try:
        return importlib.import_module(f"sources.{record}")
    except ModuleNotFoundError as error:
        if error.name != f"sources.{record}":
            raise
        raise ValueError(f"nothing makes records of {record!r} up: sources/{record}.py is missing") from None
