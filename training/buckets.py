"""Records sorted into buckets by entity, so that a job holds one bucket in memory instead of everything."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc
from numpy.typing import NDArray

from columns import array, coded

NUMBERS = 2_500_000
"""What a bucket should hold: 100,000 rows of 25 columns, about 60 MB of work in memory."""
MOST = 128
"""Open files at once; beyond `NUMBERS` x `MOST` the buckets grow, slowly."""


def count_for(rows: int, width: int) -> int:
    """Buckets for `rows` records that become `width` numbers each."""
    return min(MOST, -(-rows * width // NUMBERS)) or 1


def by_entity(tables: Iterable[pa.Table], count: int) -> Iterator[pa.Table]:
    """The same rows in `count` tables: all rows of an entity in one of them, in the order they came."""
    if count == 1:
        yield from _all(tables)
        return
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number:02}.arrow" for number in range(count)]
        _spill(tables, paths)
        for path in paths:
            if path.exists():
                yield ipc.open_stream(path.read_bytes()).read_all()
                path.unlink()


def _all(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    found = list(tables)
    if found:
        yield pa.concat_tables(found)


def _spill(tables: Iterable[pa.Table], paths: list[Path]) -> None:
    writers: dict[int, ipc.RecordBatchStreamWriter] = {}
    for table in tables:
        bucket = _bucket_of(table["entity"], len(paths))
        rows = table.take(array(np.argsort(bucket, kind="stable")))
        ends = np.cumsum(np.bincount(bucket, minlength=len(paths)))
        for number, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            if start < end:
                writer = writers.get(number) or ipc.new_stream(paths[number], table.schema)
                writers[number] = writer
                writer.write_table(rows.slice(start, end - start))
    for writer in writers.values():
        writer.close()


def _bucket_of(entities: pa.ChunkedArray, count: int) -> NDArray[np.uint8]:
    """Each row's bucket: the same entity always the same, on every machine."""
    codes, names = coded(entities)
    bucket = np.array([zlib.crc32(name.encode()) % count for name in names.to_pylist()], np.uint8)
    rows: NDArray[np.uint8] = bucket[codes]
    return rows
