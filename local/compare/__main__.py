"""`python -m local.compare`: what `make compare` calls."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from catalog.models import MODELS
from local.compare import page, simulated
from local.compare.deployed_run import Deployed
from local.compare.simulated import Run
from local.run.place import HOME

FIRST_SEED = 101
WIDTH = 132
"""Of what is written to no terminal."""


class Mode(StrEnum):
    """Where the three configurations run."""

    SIMULATE, LOCAL, ACCOUNT = "simulate", "local", "account"


REQUESTS = {Mode.SIMULATE: 1_000_000, Mode.LOCAL: 300, Mode.ACCOUNT: 3000}
SEEDS = {Mode.SIMULATE: 5, Mode.LOCAL: 3, Mode.ACCOUNT: 3}
SECONDS = {Mode.SIMULATE: 0.0, Mode.LOCAL: 20.0, Mode.ACCOUNT: 300.0}


def main(
    mode: Annotated[
        Mode, typer.Option(help="In simulation, on the local AWS, or in an account.")
    ] = Mode.SIMULATE,
    requests: Annotated[int | None, typer.Option(min=30, help="For each configuration and seed.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, max=100, help="Loads to repeat all with.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="model.tar.gz or model directory, to simulate with.")
    ] = None,
    url: Annotated[str, typer.Option(help="The deployed API's address with its stage.")] = "",
    env: Annotated[str, typer.Option(help="The environment in the account, say dev.")] = "dev",
    seconds: Annotated[float | None, typer.Option(help="How long each pattern is sent.")] = None,
    home: Annotated[Path, typer.Option(help="Folder that holds the local AWS.")] = HOME,
    date: Annotated[str, typer.Option(help="Day to tell on the page.")] = "",
) -> None:
    """Compare Lambda only, Fargate only and ML-routed under the same load, and write
    docs/placement-comparison.md."""
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=WIDTH)
    spec = next(each for each in MODELS if each.router)
    count = requests or REQUESTS[mode]
    chosen = range(FIRST_SEED, FIRST_SEED + (seeds or SEEDS[mode]))
    if (mode == Mode.ACCOUNT) != bool(url):
        raise SystemExit("error: MODE=account needs URL=https://..., and no other mode takes one")
    try:
        if mode == Mode.SIMULATE:
            made = simulated.compare(Run(spec, count, chosen, model, home, date), console)
            page.write(made, (page.SIMULATED,))
        else:
            told = Deployed(spec, console, count, chosen, seconds or SECONDS[mode], date)
            if mode == Mode.LOCAL:
                page.write(told.local(home), (page.LOCAL, page.EFFECTS))
            else:
                page.write(told.account(url, env), (page.ACCOUNT,))
    except (ValueError, RuntimeError, OSError, BotoCoreError, ClientError) as problem:
        raise SystemExit(f"error: {problem}") from None
    console.print(f"written: {page.PAGE}")


if __name__ == "__main__":
    typer.run(main)
