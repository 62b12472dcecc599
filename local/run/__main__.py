"""`python -m local.run up|status|down`: what `make run`, `make status` and `make down` call."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.run import report, server, services, tracking
from local.run.cloud import Cloud
from local.run.data import RECORDS, Source
from local.run.place import HOME
from local.run.up import GuidedRun

ABOUT = "The platform on this machine, without an AWS account."
app = typer.Typer(add_completion=False, no_args_is_help=True, help=ABOUT)
Data = Annotated[Path | None, typer.Option(help="Folder of the real fio set; synthetic data without it.")]
Records = Annotated[int, typer.Option(min=2_000, max=50_000_000, help="How many synthetic insights.")]
Home = Annotated[Path, typer.Option(help="Folder that holds the local AWS.")]


@app.command()
def up(
    data: Data = None,
    records: Records = RECORDS,
    home: Home = HOME,
) -> None:
    """Start, deploy, load, train, promote, predict. Run it again at any time: it resumes."""
    console = Console(highlight=False)
    try:
        source = Source.of(data, records)
    except ValueError as problem:
        raise SystemExit(f"error: {problem}") from None
    try:
        served = GuidedRun(console, home).all(source)
    except (RuntimeError, OSError, BotoCoreError, ClientError) as problem:
        console.print(f"\n[bold red]stopped:[/] {problem}", markup=True)
        console.print("`make run` resumes where it stopped; `make clean` forgets everything.")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        console.print("\ninterrupted; `make run` resumes")
        raise SystemExit(130) from None
    sys.exit(0 if served else 1)


@app.command()
def status(home: Home = HOME) -> None:
    """What runs, and which models are served."""
    console = Console(highlight=False)
    place = server.running(home)
    if place is None:
        console.print("The local AWS is not running. `make run` starts it.")
        raise SystemExit(3)
    found = tracking.running(home)
    cloud = Cloud(place)
    report.status(console, cloud, found.url if found else None)
    services.show(console, cloud)


@app.command()
def down(home: Home = HOME) -> None:
    """Stop the local AWS and everything it runs."""
    was = server.stop(home)
    Console(highlight=False).print("stopped" if was else "nothing was running")


if __name__ == "__main__":
    app()
