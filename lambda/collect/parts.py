"""Rows as Parquet, a part at a time. What a part holds follows from the pages read, so the same pages make
the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, Any]
PART_ROWS, PART_PAGES = 100_000, 100
"""A part is whole with the page that reaches one of them: a read that is cut short begins again at a part,
and no more than one is ever held."""
GROUP_ROWS = 50_000
TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "double": pa.float64(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    # as of UTC: of no zone, Parquet's older mark of a time is left out, and readers see a number
    "timestamp": pa.timestamp("ms", tz="UTC"),
}


@dataclass(frozen=True)
class Columns:
    schema: pa.Schema

    @classmethod
    def of(cls, given: Iterable[Sequence[Any]]) -> Columns:
        """`given` are (name, kind, whether each row must have it)."""
        return cls(pa.schema([pa.field(name, TYPES[kind], not needed) for name, kind, needed in given]))

    def batch(self, rows: Sequence[Row]) -> tuple[pa.RecordBatch, list[Row]]:
        """The rows as columns, and those that do not fit."""
        try:
            return self._batch(rows), []
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            fitting = [row for row in rows if self._fits(row)]
            return self._batch(fitting), [row for row in rows if not self._fits(row)]

    def _fits(self, row: Row) -> bool:
        try:
            self._batch([row])
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return False
        return True

    def _batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in self.schema]
        for field, array in zip(self.schema, arrays, strict=True):
            if array.null_count and not field.nullable:
                raise pa.ArrowInvalid(f"{field.name} is missing")
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


class Part:
    """The object on its way: row groups are written as they fill, rows wait for theirs in columns."""

    def __init__(self, columns: Columns) -> None:
        self._columns, self._body = columns, io.BytesIO()
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self.rows = self.pages = 0

    @property
    def full(self) -> bool:
        return self.rows >= PART_ROWS or self.pages >= PART_PAGES

    def add(self, rows: Sequence[Row]) -> list[Row]:
        """Takes one page; answers the rows that do not fit, which are left out."""
        batch, misfits = self._columns.batch(rows)
        self.pages += 1
        self.rows += batch.num_rows
        self._waiting.append(batch)
        if sum(each.num_rows for each in self._waiting) >= GROUP_ROWS:
            self._flush()
        return misfits

    def close(self) -> bytes:
        """The whole object."""
        self._flush()
        if self._writer:
            self._writer.close()
        return self._body.getvalue()

    def _flush(self) -> None:
        if not self._writer:
            self._writer = pq.ParquetWriter(self._body, self._columns.schema, compression="zstd")
        self._writer.write_table(pa.Table.from_batches(self._waiting, self._columns.schema))
        self._waiting = []
