"""`python -m sources.load synthetic|azure-fio|azure-vm|gcp-preemption|http-params`: load a data set into
the raw bucket.

Where a table is given, the newest records also go there. Names and ids follow from the data alone, so loading
again overwrites and never duplicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import typer

from sources import layout
from sources.table import write_items

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
INSIGHT = "iops_insight"
FOLDERS = {INSIGHT: "insights"}
"""Where the raw bucket holds a record, if not by its own name, as the catalogue says."""
Bucket = Annotated[str, typer.Option(help="Raw bucket.")]
Table = Annotated[str | None, typer.Option(help="Insights table; none leaves the newest out of it.")]
Newest = Annotated[
    int, typer.Option(min=0, max=100_000, help="How many of the newest records go to the table.")
]
Days = Annotated[int, typer.Option(min=1, max=3650, help="Days after which the table forgets them.")]
Folder = Annotated[Path, typer.Option(help="Folder that holds the set.", exists=True, file_okay=False)]


@dataclass
class Recent:
    """The newest `limit` records seen so far, in memory bounded by twice that."""

    limit: int
    table: pa.Table | None = None

    def noting(self, chunks: Iterator[pa.Table]) -> Iterator[pa.Table]:
        """The same chunks, seen in passing."""
        for chunk in chunks:
            if self.limit:
                self.add(chunk)
            yield chunk

    def add(self, chunk: pa.Table) -> None:
        merged = (
            chunk if self.table is None else pa.concat_tables([self.table, chunk], promote_options="default")
        )
        entity, time = merged.column_names[:2]
        order = [(time, "descending"), (entity, "ascending")]
        self.table = merged.take(pc.select_k_unstable(merged, min(self.limit, len(merged)), order))


def write_synthetic(folder: Path, records: int, record: str = INSIGHT) -> None:
    """Write generated records below a local folder, laid out as in the raw bucket."""
    chunks = layout.generator(record).chunks(records)
    for _ in layout.write_raw(chunks, FOLDERS.get(record, record), "synthetic", layout.below(folder)):
        pass


@app.command("synthetic")
def load_synthetic(
    bucket: Bucket,
    table: Table = None,
    record: Annotated[str, typer.Option(help="The record's schema, say threat_event.")] = INSIGHT,
    records: Annotated[int, typer.Option(min=2_000, max=50_000_000, help="How many records.")] = 10_000,
    newest: Newest = 10_000,
    ttl_days: Days = 365,
) -> None:
    """Generated records of any schema that has a generator."""
    try:
        chunks = layout.generator(record).chunks(records)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    _load(chunks, record, "synthetic", bucket, table, Recent(newest if table else 0), ttl_days)


@app.command("azure-fio")
def load_azure_fio(
    data: Folder, bucket: Bucket, table: Table = None, newest: Newest = 10_000, ttl_days: Days = 365
) -> None:
    """The fio part of the Azure VM Noise Dataset 2024, from the folder that holds fio.parquet."""
    from sources import azure_fio

    chunks = azure_fio.chunks(data)
    _load(chunks, INSIGHT, "azure-fio", bucket, table, Recent(newest if table else 0), ttl_days)


@app.command("azure-vm")
def load_azure_vm(data: Folder, bucket: Bucket) -> None:
    """The benchmarks of the Azure VM Noise Dataset 2024 by day, from the folder that holds daily.parquet."""
    from sources import azure_vm

    _load(azure_vm.chunks(data), "family_load", "azure-vm", bucket, None, Recent(0), 0)


@app.command("http-params")
def load_http_params(data: Folder, bucket: Bucket) -> None:
    """The HttpParams data set, from the folder that holds its payload_train.csv.gz."""
    from sources import http_params

    _load(http_params.chunks(data), "http_payload", "http-params", bucket, None, Recent(0), 0)


@app.command("gcp-preemption")
def load_gcp_preemption(data: Folder, bucket: Bucket) -> None:
    """Lifetimes of Google's preemptible machines, from the folder that holds lifetimes.csv.gz."""
    from sources import gcp_preemption

    _load(gcp_preemption.chunks(data), "spot_market", "gcp-preemption", bucket, None, Recent(0), 0)


def _load(
    chunks: Iterator[pa.Table],
    record: str,
    profile: str,
    bucket: str,
    table: str | None,
    recent: Recent,
    ttl_days: int,
) -> None:
    storage: Any = boto3.client("s3")

    def put(name: str, body: bytes) -> None:
        storage.put_object(Bucket=bucket, Key=name, Body=body)

    written = 0
    for written in layout.write_raw(recent.noting(chunks), FOLDERS.get(record, record), profile, put):
        typer.echo(f"{written:,} records in raw/")
    for stored in write_items(table, recent.table, ttl_days) if table and recent.table else ():
        typer.echo(f"{written:,} records in raw/, {stored:,} of the newest in the table")


if __name__ == "__main__":
    app()
