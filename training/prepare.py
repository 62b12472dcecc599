"""Processing job: stored records to train, validation and test splits with everything known about them.

Records are read once and sorted into buckets by entity; each bucket is then deduplicated, its features are
built over all of an entity's records, and its labelled rows go to their split. Same input, same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import raw_records
import reference
from catalog.contract import Contract
from jobs import JobError, bundled_contract, run
from raw_records import Source
from splitting import Splitting

FILES_LISTED = 200
"""Source files that the metadata names; more are only counted."""


def prepare(*, raw: Path, output: Path, profile: str, run_date: str, contract: Contract) -> dict[str, Any]:
    """Writes the splits and their metadata below `output`; returns the metadata. JobError on bad input."""
    source = raw_records.survey(raw, profile, contract)
    splitting = Splitting(output, contract, source)
    facts = splitting.run()
    head = {"model": contract.name, "contract_hash": contract.hash, "profile": profile, "run_date": run_date}
    metadata = {**head, **facts, "schema": _schema(contract), "lineage": _lineage(source)}
    folder = output / "metadata"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (f"feature-metadata-{run_date}.json", "metadata.json"):
        (folder / name).write_text(json.dumps(metadata, indent=1))
    about = {"profile": profile, "data_hash": facts["data_hash"]}
    (folder / reference.FILE).write_text(json.dumps({**about, **splitting.reference.result()}))
    return metadata


def _schema(contract: Contract) -> dict[str, Any]:
    return {
        "record": contract.record.name,
        "features": [asdict(feature) for feature in contract.record.features],
        "texts": [asdict(text) for text in contract.record.texts],
        "steps": contract.steps,
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
