"""`python -m sources.load synthetic|azure-fio`: load a data set into the raw bucket and the insights table.

Everything goes to `raw/` as date-partitioned Parquet, the newest records also to the table. Names and ids
follow from the data alone, so loading again overwrites and never duplicates.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer

from sources import synthetic
from sources.table import write_items

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
Put = Callable[[str, bytes], None]
Bucket = Annotated[str, typer.Option(help="Raw bucket.")]
Table = Annotated[str, typer.Option(help="Insights table.")]
Newest = Annotated[
    int, typer.Option(min=0, max=100_000, help="How many of the newest records go to the table.")
]
Days = Annotated[int, typer.Option(min=1, max=3650, help="Days after which the table forgets them.")]


@dataclass
class Recent:
    """The newest `limit` records seen so far, in memory bounded by twice that."""

    limit: int
    table: pa.Table | None = None

    def add(self, chunk: pa.Table) -> None:
        merged = (
            chunk if self.table is None else pa.concat_tables([self.table, chunk], promote_options="default")
        )
        order = [("timestamp", "descending"), ("volume_id", "ascending")]
        self.table = merged.take(pc.select_k_unstable(merged, min(self.limit, len(merged)), order))


def write_raw(chunks: Iterator[pa.Table], profile: str, put: Put, recent: Recent) -> Iterator[int]:
    """Put each chunk as one Parquet object a date; yields how many records are written so far."""
    written = 0
    for number, chunk in enumerate(chunks):
        days = pc.strftime(chunk["timestamp"], format="%Y-%m-%d")
        for day in sorted(pc.unique(days).to_pylist()):
            body = io.BytesIO()
            pq.write_table(chunk.filter(pc.equal(days, day)), body, compression="zstd")
            put(f"insights/profile={profile}/date={day}/part-{number:05d}.parquet", body.getvalue())
        if recent.limit:
            recent.add(chunk)
        written += len(chunk)
        yield written


def write_synthetic(folder: Path, records: int) -> None:
    """Write generated records below a local folder, laid out as in the raw bucket."""

    def put(name: str, body: bytes) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    for _ in write_raw(synthetic.chunks(records), "synthetic", put, Recent(0)):
        pass


@app.command("synthetic")
def load_synthetic(
    bucket: Bucket,
    table: Table,
    records: Annotated[int, typer.Option(min=2_000, max=50_000_000, help="How many records.")] = 10_000,
    newest: Newest = 10_000,
    ttl_days: Days = 365,
) -> None:
    """Generated storage I/O insights, 80% of them labelled."""
    _load(synthetic.chunks(records), "synthetic", bucket, table, newest, ttl_days)


@app.command("azure-fio")
def load_azure_fio(
    data: Annotated[Path, typer.Option(help="Folder that holds fio.parquet.", exists=True, file_okay=False)],
    bucket: Bucket,
    table: Table,
    newest: Newest = 10_000,
    ttl_days: Days = 365,
) -> None:
    """The fio part of the Azure VM Noise Dataset 2024."""
    from sources import azure_fio

    _load(azure_fio.chunks(data), "azure-fio", bucket, table, newest, ttl_days)


def _load(
    chunks: Iterator[pa.Table], profile: str, bucket: str, table: str, newest: int, ttl_days: int
) -> None:
    storage: Any = boto3.client("s3")
    recent = Recent(newest)

    def put(name: str, body: bytes) -> None:
        storage.put_object(Bucket=bucket, Key=name, Body=body)

    written = 0
    for written in write_raw(chunks, profile, put, recent):
        typer.echo(f"{written:,} records in raw/")
    stored = 0
    for stored in write_items(table, recent.table, ttl_days) if recent.table else ():
        typer.echo(f"{written:,} records in raw/, {stored:,} of the newest in the table")


if __name__ == "__main__":
    app()
