"""`python -m local.bench [PART ...]`: measure all of it, or the parts named, and write docs/benchmarks.md."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.bench import (
    collect,
    diagnosing,
    feature_job,
    generators,
    handler,
    optimizing,
    platform,
    quality,
    serve,
    studies,
    synth,
)
from local.bench.page import PAGE, Section, write
from local.run import server
from local.run.data import RECORDS, Source

QUICK: dict[str, Callable[[], Section]] = {
    "synth": synth.measure,
    "features": feature_job.measure,
    "handler": handler.measure,
    "generators": generators.measure,
    "collect": collect.measure,
    "optimize": optimizing.measure,
    "diagnose": diagnosing.measure,
}
RUNS = ("run", "models", "real")
PARTS = (*QUICK, "serve", "studies", *RUNS)
ON_DATA = ("studies", "real")


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Some of: {', '.join(PARTS)}.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the real sets, for the parts `studies` and `real`.")
    ] = None,
) -> None:
    """Measure this machine. `run` deploys, trains every model and tunes 50 trials; `models` is the part of it
    that tells how good they are."""
    chosen = parts or [part for part in PARTS if part != "models" and (data or part not in ON_DATA)]
    unknown = [part for part in chosen if part not in PARTS]
    lacking = [part for part in chosen if part in ON_DATA and data is None]
    if unknown or lacking:
        wrong = (
            f"unknown part {', '.join(unknown)}" if unknown else f"{', '.join(lacking)} needs --data FOLDER"
        )
        raise SystemExit(f"error: {wrong}; parts are {', '.join(PARTS)}")
    console = Console(highlight=False)
    for part in chosen:
        console.rule(part)
        try:
            write(list(_sections(part, data, console)))
        except ValueError as error:
            console.print(f"left out: {error}")
    console.print(f"written: {PAGE}")


def _sections(part: str, data: Path | None, console: Console) -> Iterator[Section]:
    if part in QUICK:
        yield QUICK[part]()
    elif part == "serve":
        yield from serve.measure()
    elif part == "studies" and data:
        yield from studies.measure(data, console.print)
    else:
        yield from _on_a_run(part, Source.of(data if part == "real" else None, RECORDS), console)


def _on_a_run(part: str, source: Source, console: Console) -> Iterator[Section]:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        try:
            run, steps = platform.whole_run(console, home, source)
            if part != "models":
                yield steps
            for profile in source.profiles:
                yield from quality.sections(run.cloud, profile)
            if part == "run":
                yield platform.latencies(run.cloud)
                yield platform.tuning(run.cloud)
        finally:
            server.stop(home)


if __name__ == "__main__":
    typer.run(main)
