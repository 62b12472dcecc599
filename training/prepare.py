"""Processing job: stored records to train, validation and test splits with everything known about them.

Records are read once and sorted into buckets by volume; each bucket is then deduplicated, its features are
built over all of a volume's records, and its labelled rows go to their split. Same input, same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.preprocessing import StandardScaler

import buckets
import raw_records
from bucket import Bucket, distinct
from catalog.contract import Contract
from columns import numbers
from dataset import Rows, SplitWriter
from encoding import Encoder
from jobs import JobError, bundled_contract, run
from raw_records import Source
from splits import NAMES, Cuts, Timeline, known_before
from summary import Summary, iso

FILES_LISTED = 200
"""Source files that the metadata names; more are only counted."""


def prepare(*, raw: Path, output: Path, profile: str, run_date: str, contract: Contract) -> dict[str, Any]:
    """Writes the splits and their metadata below `output`; returns the metadata. JobError on bad input."""
    source = raw_records.survey(raw, profile, contract)
    facts = _Splitting(output, contract, source).run()
    head = {"model": contract.name, "contract_hash": contract.hash, "profile": profile, "run_date": run_date}
    metadata = {**head, **facts, "schema": _schema(contract), "lineage": _lineage(source)}
    folder = output / "metadata"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (f"feature-metadata-{run_date}.json", "metadata.json"):
        (folder / name).write_text(json.dumps(metadata, indent=1))
    return metadata


class _Splitting:
    """One pass over the records: what has been written, counted and fitted so far."""

    def __init__(self, output: Path, contract: Contract, source: Source) -> None:
        self.contract, self.source, self.encoder = contract, source, Encoder.of(contract)
        self.timeline, self.scaler = Timeline(), StandardScaler()
        self.writers = [SplitWriter(output / name, contract) for name in NAMES]
        self.summaries = [Summary(contract) for _ in NAMES]
        self.counts = dict.fromkeys(("read", "duplicates", "unlabelled", "gap"), 0)

    def run(self) -> dict[str, Any]:
        cuts: Cuts | None = None
        for table in buckets.by_volume(self._counted(), buckets.count_for(self.source.rows)):
            cuts = cuts or self.timeline.cuts(self.contract.target.horizon_hours)
            bucket = distinct(table, self.source.features)
            self.counts["duplicates"] += len(table) - len(bucket.time)
            self._write(bucket, cuts)
        return self._facts(cuts or self.timeline.cuts(0))

    def _counted(self) -> Iterator[pa.Table]:
        """The tables as they are read; the times of their labelled records are counted in passing."""
        for table in raw_records.tables(self.source, self.contract):
            self.timeline.add(numbers(table["time"])[np.isfinite(numbers(table["target"]))])
            self.counts["read"] += len(table)
            yield table

    def _write(self, bucket: Bucket, cuts: Cuts) -> None:
        matrix = self.encoder.matrix(self.encoder.columns(bucket.volume, bucket.time // 1000, bucket.values))
        known = known_before(bucket.volume, bucket.time, bucket.target, cuts.horizon)
        labelled, part = np.isfinite(bucket.target), cuts.assign(bucket.time)
        self.counts["unlabelled"] += int((~labelled).sum())
        self.counts["gap"] += int((labelled & (part < 0)).sum())
        for number, (writer, summary) in enumerate(zip(self.writers, self.summaries, strict=True)):
            chosen = np.flatnonzero(labelled & (part == number))
            if not len(chosen):
                continue
            target, earlier = (column[chosen].astype(np.float32) for column in (bucket.target, known))
            rows = Rows(np.asfortranarray(matrix[chosen]), target, earlier, bucket.volume[chosen])
            writer.write(bucket.names, bucket.time[chosen], rows)
            summary.add(bucket.time[chosen], rows)
            if number == 0:
                self._fit(rows)

    def _fit(self, rows: Rows) -> None:
        with np.errstate(invalid="ignore", divide="ignore"):  # a feature that no record has yet
            self.scaler.partial_fit(rows.features)

    def _facts(self, cuts: Cuts) -> dict[str, Any]:
        hashes = [writer.close() for writer in self.writers]
        empty = [name for name, summary in zip(NAMES, self.summaries, strict=True) if not summary.rows]
        if empty:
            counted = ", ".join(f"{count} {name}" for name, count in self.counts.items())
            raise JobError(
                f"no rows for {' and '.join(empty)} ({counted}); needed are labels over a longer time"
            )
        return {
            "data_hash": hashlib.sha256("".join(hashes).encode()).hexdigest(),
            "rows": self.counts,
            "cuts": {"validation": iso(cuts.validation), "test": iso(cuts.test), "gap_ms": cuts.horizon},
            "splits": {name: summary.result() for name, summary in zip(NAMES, self.summaries, strict=True)},
            "scaler": _fitted(self.scaler),
            "constant": self.summaries[0].constant(),
        }


def _fitted(scaler: StandardScaler) -> dict[str, Any]:
    """Mean and scale; a feature that the training split never has stays as it is."""
    known = np.isfinite(scaler.mean_)
    mean, scale = np.where(known, scaler.mean_, 0.0), np.where(known, scaler.scale_, 1.0)
    return {"kind": "StandardScaler", "mean": mean.tolist(), "scale": scale.tolist()}


def _schema(contract: Contract) -> dict[str, Any]:
    return {
        "record": contract.record.name,
        "features": [asdict(feature) for feature in contract.record.features],
        "target": asdict(contract.target),
    }


def _lineage(source: Source) -> dict[str, Any]:
    listed = [str(path.relative_to(source.root)) for path in source.files]
    digest = hashlib.sha256(
        "\n".join(f"{n} {p.stat().st_size}" for n, p in zip(listed, source.files, strict=True)).encode()
    )
    return {
        "files": len(listed),
        "bytes": sum(path.stat().st_size for path in source.files),
        "listing_hash": digest.hexdigest(),
        "sources": listed[:FILES_LISTED],
        "given": list(source.features),
        "versions": {name: version(name) for name in ("numpy", "pyarrow")},
    }


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="prepare.py", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--raw", type=Path, required=True, help="folder of .parquet and .jsonl records")
    parser.add_argument(
        "--output", type=Path, required=True, help="folder for train, validation, test, metadata"
    )
    parser.add_argument("--profile", required=True, help="data profile: the profile= partition to read")
    parser.add_argument("--run-date", required=True, help="YYYY-MM-DD, names the metadata file")
    parser.add_argument("--message", type=Path, help="file for the reason of a failure")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    given = _arguments(argv)

    def job() -> None:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given.run_date):
            raise JobError(f"--run-date must be YYYY-MM-DD, got {given.run_date!r}")
        facts = prepare(
            raw=given.raw,
            output=given.output,
            profile=given.profile,
            run_date=given.run_date,
            contract=bundled_contract(),
        )
        rows = ", ".join(f"{name} {part['rows']}" for name, part in facts["splits"].items())
        print(f"{facts['model']} {facts['profile']}: {rows}; data {facts['data_hash'][:16]}", flush=True)

    return run(job, given.message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
