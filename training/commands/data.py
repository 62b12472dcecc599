"""From what the person has to splits: prepared as the processing job prepares them, or prepared already."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from catalog.contract import LIVE, SYNTHETIC
from catalog.spec import ModelSpec
from commands.models import profile_of
from commands.screen import step
from jobs import JobError

PARTS = ("train", "validation", "test", "metadata")
Data = Annotated[
    Path | None,
    typer.Option(
        help="Labelled records: one .csv, .parquet or .jsonl file, a folder of them as the raw bucket keeps "
        "them, or the --output of an earlier command, whose splits are used again."
    ),
]
Artifact = Annotated[
    Path, typer.Option(help="The model.tar.gz that a training wrote.", exists=True, dir_okay=False)
]
Synthetic = Annotated[
    int | None, typer.Option(min=1, max=50_000_000, help="Make so many synthetic records instead.")
]
Profile = Annotated[
    str | None,
    typer.Option(help="Data profile, whose gates are asked: what the folder says, synthetic, or live."),
]


@dataclass(frozen=True)
class Splits:
    """Folders of prepared data, and what is known of it."""

    root: Path
    metadata: dict[str, Any]

    def folder(self, part: str) -> Path:
        return self.root / part

    def moved(self, start: Path, end: Path) -> Splits:
        """They stay where they are unless they lie at `start`; what lies at `end` is replaced."""
        if self.root != start:
            return self
        shutil.rmtree(end, ignore_errors=True)
        return replace(self, root=start.rename(end))

    @property
    def rows(self) -> str:
        splits = self.metadata["splits"]
        return ", ".join(f"{name} {part['rows']:,}" for name, part in splits.items())

    @property
    def hash(self) -> str:
        return str(self.metadata["data_hash"])


def prepared(
    spec: ModelSpec, *, data: Path | None, synthetic: int | None, profile: str | None, into: Path
) -> Splits:
    """Splits of the records below `into`, or the ones that `data` holds; JobError on anything else."""
    if (data is None) == (synthetic is None):
        raise JobError("give either --data FILE or --synthetic N, the labelled records to learn from")
    if data is None:
        return _made(spec, synthetic or 0, profile_of(spec, profile, SYNTHETIC), into)
    if not data.exists():
        raise JobError(f"--data {data} does not exist; give a file, or a folder of records or of splits")
    if found := _ready(data):
        return Splits(found, _metadata(found, spec))
    return _split(spec, data, profile_of(spec, profile, _likely(data)), into)


@contextmanager
def splits_of(
    spec: ModelSpec, *, data: Path | None, synthetic: int | None, profile: str | None
) -> Iterator[Splits]:
    """As `prepared`, for a command that keeps nothing."""
    with TemporaryDirectory() as folder:
        yield prepared(spec, data=data, synthetic=synthetic, profile=profile, into=Path(folder))


def _ready(folder: Path) -> Path | None:
    """Where prepared splits lie in what was given, if they do."""
    places = (folder, folder / "splits")
    return next((each for each in places if all((each / part).is_dir() for part in PARTS)), None)


def _metadata(root: Path, spec: ModelSpec) -> dict[str, Any]:
    import dataset

    return dataset.read_metadata(root / "metadata", spec.contract)


def _likely(data: Path) -> str:
    """The only profile that the folder names, else that of live records."""
    found = {path.name.partition("=")[2] for path in data.rglob("profile=*")} if data.is_dir() else set()
    if len(found) > 1:
        raise JobError(f"{data} holds the profiles {', '.join(sorted(found))}; give --profile, one of them")
    return next(iter(found), LIVE)


def _made(spec: ModelSpec, records: int, profile: str, into: Path) -> Splits:
    from generate import generate

    with TemporaryDirectory() as folder:
        raw = Path(folder)
        with step(f"making {records:,} synthetic records"):
            generate(records=records, output=raw, seed=None, contract=spec.contract, profile=profile)
        return _split(spec, raw, profile, into)


def _split(spec: ModelSpec, raw: Path, profile: str, into: Path) -> Splits:
    import prepare

    with step("preparing splits"):
        facts = prepare.prepare(
            raw=raw,
            output=into,
            profile=profile,
            run_date=f"{datetime.now(UTC):%Y-%m-%d}",
            contract=spec.contract,
        )
    return Splits(into, json.loads(json.dumps(facts)))
