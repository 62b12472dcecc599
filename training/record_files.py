"""Files of records, by their ending: what columns they have, and their rows in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.json as pj
import pyarrow.parquet as pq

from catalog.contract import MEASURES, Contract

ROWS = 1 << 17
"""Rows of one batch: enough to make the work per batch small, few enough for the cache."""
TEXT_BYTES = {".jsonl": 400, ".csv": 100}
"""About what one record takes in a file of text; only the number of buckets depends on it."""
EMPTY = ("", "NaN", "nan", "null", "None")
"""What stands in a CSV file where a value is missing."""
Batches = Iterator[pa.RecordBatch]


def outline(path: Path, contract: Contract) -> tuple[int, list[str] | None]:
    """About how many rows a file has, and its columns; None where each record names its own."""
    if path.suffix == ".parquet":
        file = pq.ParquetFile(path)
        return file.metadata.num_rows, file.schema_arrow.names
    rows = path.stat().st_size // TEXT_BYTES[path.suffix] + 1
    if path.suffix == ".jsonl":
        return rows, None
    with _open_csv(path, [], contract) as reader:
        return rows, reader.schema.names


def parquet(path: Path, wanted: list[str], _: Contract) -> Batches:
    file = pq.ParquetFile(path)
    columns = [name for name in wanted if name in file.schema_arrow.names]
    yield from file.iter_batches(batch_size=ROWS, columns=columns, use_threads=False)


def json(path: Path, wanted: list[str], contract: Contract) -> Batches:
    table = pj.read_json(
        path,
        read_options=pj.ReadOptions(use_threads=False, block_size=1 << 24),
        parse_options=pj.ParseOptions(
            explicit_schema=_schema(wanted, contract), unexpected_field_behavior="ignore"
        ),
    )
    yield from table.to_batches(max_chunksize=ROWS)


def csv(path: Path, wanted: list[str], contract: Contract) -> Batches:
    with _open_csv(path, wanted, contract) as reader:
        yield from reader


READERS = {".parquet": parquet, ".jsonl": json, ".csv": csv}


def _open_csv(path: Path, wanted: list[str], contract: Contract) -> pcsv.CSVStreamingReader:
    """Its columns `wanted`, all where there are none."""
    return pcsv.open_csv(
        path,
        read_options=pcsv.ReadOptions(use_threads=False, block_size=1 << 24),
        parse_options=pcsv.ParseOptions(newlines_in_values=True),
        convert_options=pcsv.ConvertOptions(
            column_types=_schema(wanted, contract),
            include_columns=wanted,
            include_missing_columns=True,
            null_values=EMPTY,
            strings_can_be_null=True,
        ),
    )


def _schema(wanted: list[str], contract: Contract) -> pa.Schema:
    """What a file of text holds in each column: numbers, or texts."""
    measured = (each.name for each in contract.record.given if not (each.categories or each.names))
    numbers = {*measured, *MEASURES}
    numbers |= set() if contract.target.classes else {contract.target.name}
    return pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in wanted])
