"""Synthesize the LOCAL environment once and deploy it with the CDK CLI, as one would into an account."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from local.run.place import ACCOUNT, REGION, ROOT, Place, tools

TIMEOUT_S = 600
UNATTENDED = (
    *("--require-approval", "never", "--concurrency", "4"),
    *("--progress", "events", "--method", "direct"),
)
CLI = ("--no-notices", "--ci", "--no-color")
Say = Callable[[str], None]


def synth(environment: str, out: Path, place: Place, say: Say) -> None:
    """Write the templates and assets of `environment` to `out`."""
    settings = ["--quiet", "--output", str(out), "-c", f"env={environment}"]
    _cdk(["synth", *settings], place, out.parent / "synth.log", say)


def bootstrap(assembly: Path, place: Place, log: Path, say: Say) -> None:
    """CDK's own resources: the asset bucket and the deployment roles. Without an assembly the CLI would
    synthesize every environment first."""
    _cdk(["bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", str(assembly)], place, log, say)


def deploy(stage: str, assembly: Path, place: Place, log: Path, say: Say) -> None:
    """Deploy every stack of `stage` from a synthesized assembly; stacks that are current are left alone."""
    _cdk(
        ["deploy", f"{stage}/*", "--app", str(assembly), *UNATTENDED],
        place,
        log,
        say,
    )


def _cdk(arguments: Sequence[str], place: Place, log: Path, say: Say) -> None:
    """Run the CDK CLI, its output in `log`; RuntimeError with the end of that output if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    env = place.environ(os.environ) | tools()
    lines: list[str] = []
    with (
        log.open("w") as written,
        subprocess.Popen(  # noqa: S603 - the pinned CLI with arguments of our own
            ["cdk", *arguments, *CLI],  # noqa: S607
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                written.write(line)
                lines.append(line.rstrip())
                say(_short(line))
            code = process.wait(timeout=TIMEOUT_S)
        except BaseException:
            process.terminate()
            raise
    if code:
        raise RuntimeError(f"cdk {arguments[0]} failed; the end of {log}:\n" + "\n".join(lines[-20:]))


def _short(line: str) -> str:
    return " ".join(line.split())[:90]
