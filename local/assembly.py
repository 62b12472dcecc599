"""Synthesize one environment by running the app itself, without the CDK CLI."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

from local.run.place import ROOT, tools

TIMEOUT_S = 300


def settings(environment: str | None, out: Path) -> dict[str, str]:
    """The variables with which the app writes `environment` (None: all in AWS) to `out`."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | (
        {"env": environment} if environment else {}
    )
    return {
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context),
        **tools(),
    }


def command() -> list[str]:
    """How cdk.json starts the app."""
    return shlex.split(json.loads((ROOT / "cdk.json").read_text())["app"])


def templates(environment: str | None, out: Path, tree: Path = ROOT) -> list[Path]:
    """The templates of the app in `tree`, by name; RuntimeError with the app's words if it fails."""
    done = subprocess.run(  # noqa: S603 - the project's own app
        command(),
        cwd=tree,
        env=os.environ | settings(environment, out),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    if done.returncode:
        raise RuntimeError(f"synth of {environment or 'all environments'} failed:\n{done.stderr[-2000:]}")
    return sorted(out.rglob("*.template.json"))
