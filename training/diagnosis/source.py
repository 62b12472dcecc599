"""A data file, CSV or Parquet, read in batches of bounded size."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from jobs import JobError

MOST_COLUMNS = 500
BLOCK = 8 << 20
"""Bytes of a CSV file at a time; no row may be longer."""
BATCH_BYTES, MOST_ROWS, FEWEST_ROWS = 32 << 20, 1 << 16, 1 << 8
HEADER = 4 << 20
SEPARATORS = ",;\t|"
NULLS = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "n/a", "<NA>", "#N/A", "NaT"]


@dataclass(frozen=True)
class Source:
    """A file that can be read, and the names of its columns. CSV comes as text throughout."""

    path: Path
    format: str
    names: tuple[str, ...]
    rows: int | None
    """Where the file itself tells."""
    separator: str = ","

    @classmethod
    def of(cls, path: Path) -> Source:
        """JobError where it is no file that can be read."""
        if not path.is_file():
            raise JobError(f"{path} is not a file; needed is a .csv or .parquet file")
        if not path.stat().st_size:
            raise JobError(f"{path} is empty")
        with _named(path):
            found = _parquet(path) if _is_parquet(path) else _csv(path)
        if len(found.names) > MOST_COLUMNS:
            raise JobError(f"{path} has {len(found.names)} columns; at most {MOST_COLUMNS} are looked at")
        twice = sorted({name for name in found.names if found.names.count(name) > 1})
        if twice:
            raise JobError(f"{path} has several columns named {', '.join(map(repr, twice[:3]))}; rename them")
        return found

    def batches(self) -> Iterator[pa.RecordBatch]:
        with _named(self.path):
            if self.rows == 0:
                return
            if self.format == "parquet":
                yield from _parquet_batches(self.path)
            else:
                yield from _csv_batches(self)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise JobError(f"{path} is not UTF-8 (byte {error.start}); convert it, with iconv say") from None
    except (pa.ArrowException, OSError, csv.Error) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        advice = "; convert it, with iconv say" if "UTF8" in reason or "UTF-8" in reason else ""
        raise JobError(f"{path} cannot be read: {reason}{advice}") from None


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _parquet(path: Path) -> Source:
    file = pq.ParquetFile(path)
    return Source(path, "parquet", tuple(file.schema_arrow.names), file.metadata.num_rows)


def _parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    file = pq.ParquetFile(path)
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
    rows = int(BATCH_BYTES * max(1, file.metadata.num_rows) / max(1, size))
    yield from file.iter_batches(batch_size=min(MOST_ROWS, max(FEWEST_ROWS, rows)), use_threads=False)


def _csv(path: Path) -> Source:
    with path.open("rb") as file:
        head = file.read(HEADER)
    if b"\0" in head:
        raise pa.ArrowInvalid("it is neither text nor Parquet")
    text = head[: head.rfind(b"\n") + 1 or len(head)].decode("utf-8-sig")
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    names = next(csv.reader(text.splitlines(keepends=True), delimiter=separator), [])
    only_header = b"\n" not in head.rstrip() and len(head) < HEADER
    return Source(path, "csv", tuple(names), 0 if only_header else None, separator)


def _csv_batches(source: Source) -> Iterator[pa.RecordBatch]:
    types: Any = dict.fromkeys(source.names, pa.string())
    # a row of a single column may be blank: it is a missing value then, not the end
    reader = pc_csv.open_csv(
        source.path,
        read_options=pc_csv.ReadOptions(block_size=BLOCK),
        parse_options=pc_csv.ParseOptions(
            delimiter=source.separator, newlines_in_values=True, ignore_empty_lines=len(source.names) > 1
        ),
        convert_options=pc_csv.ConvertOptions(
            column_types=types,
            null_values=NULLS,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    yield from reader
