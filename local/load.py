"""`python -m local.load --env dev`: load a data set into an environment deployed in an AWS account."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from local.run.data import RECORDS, ROOTS, Source
from local.run.place import ROOT


def main(
    env: Annotated[str, typer.Option(help="The environment, say dev.")],
    records: Annotated[int, typer.Option(min=2_000, max=50_000_000, help="Synthetic insights.")] = RECORDS,
    data: Annotated[Path | None, typer.Option(help="Folder of the real sets instead.")] = None,
) -> None:
    """Find the environment's bucket and table by its stack, with your own credentials, and fill them."""
    stack = f"{env.capitalize()}-Foundation"
    try:
        source = Source.of(data, records)
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except (ValueError, BotoCoreError, ClientError) as problem:
        raise SystemExit(f"error: {problem} (looked for the stack {stack})") from None
    outputs = {out["OutputKey"]: out["OutputValue"] for out in found.get("Outputs", [])}
    for arguments in source.loads(outputs["RawBucket"], outputs["TableName"]):
        command = [sys.executable, "-m", "sources.load", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": ROOTS}, check=False)  # noqa: S603 - our own module
        if done.returncode:
            raise SystemExit(done.returncode)


if __name__ == "__main__":
    typer.run(main)
