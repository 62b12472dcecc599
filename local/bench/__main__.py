"""`python -m local.bench [PART ...]`: measure all of it, or the parts named, and write docs/benchmarks.md."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.bench import feature_job, handler, platform, synth
from local.bench.page import PAGE, Section, write
from local.run import server
from local.run.data import Source

QUICK: dict[str, Callable[[], Section]] = {
    "synth": synth.measure,
    "features": feature_job.measure,
    "handler": handler.measure,
}
PARTS = (*QUICK, "run", "real")


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Some of: {', '.join(PARTS)}.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the real fio set, for the part `real`.")
    ] = None,
) -> None:
    """Measure this machine. `run` deploys and tunes 50 trials; `real` takes the real set."""
    chosen = parts or [part for part in PARTS if part != "real" or data]
    unknown = [part for part in chosen if part not in PARTS]
    if unknown or ("real" in chosen and data is None):
        wrong = f"unknown part {', '.join(unknown)}" if unknown else "the part `real` needs --data FOLDER"
        raise SystemExit(f"error: {wrong}; parts are {', '.join(PARTS)}")
    console = Console(highlight=False)
    for part in chosen:
        console.rule(part)
        write(list(_sections(part, data, console)))
    console.print(f"written: {PAGE}")


def _sections(part: str, data: Path | None, console: Console) -> Iterator[Section]:
    if part in QUICK:
        yield QUICK[part]()
        return
    source = Source.of(data if part == "real" else None, 10_000)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        try:
            run, steps = platform.whole_run(console, home, source)
            yield steps
            yield platform.quality(run.cloud, source.profile)
            if part == "run":
                yield platform.latencies(run.cloud)
                yield platform.tuning(run.cloud)
        finally:
            server.stop(home)


if __name__ == "__main__":
    typer.run(main)
