"""One load through one configuration: Locust as a process of its own, so that its patches stay there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.run.place import REGION, ROOT

FILE = Path(__file__).with_name("locustfile.py")
OVER_S = 300
"""How much longer than planned a load may take."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A deployed API, and the variables that hold the credentials to sign with."""

    url: str
    environ: Mapping[str, str]
    region: str = REGION


def send(target: Target, load: Row, platform: str, seconds: float, folder: Path) -> list[Row]:
    """Each request with what came of it, in the order of arrival; RuntimeError where Locust fails."""
    folder.mkdir(parents=True, exist_ok=True)
    given, answers = folder / "load.json", folder / "answers.jsonl"
    about = {"url": target.url, "region": target.region, "platform": platform, "seconds": seconds}
    given.write_text(json.dumps({**load, **about}))
    command = [
        *(sys.executable, "-m", "locust", "-f", str(FILE), "--headless", "--only-summary"),
        *("--stop-timeout", "60", "--exit-code-on-error", "0", "--loglevel", "WARNING"),
    ]
    settings = {"COMPARE_LOAD": str(given), "COMPARE_ANSWERS": str(answers)}
    done = subprocess.run(  # noqa: S603 - a command of our own
        command,
        cwd=ROOT,
        env={**target.environ, **settings, "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds + OVER_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"locust failed:\n{(done.stderr or done.stdout)[-2000:]}")
    return _together(load["rows"], answers)


def _together(rows: list[Row], answers: Path) -> list[Row]:
    found = {row["n"]: row for row in map(json.loads, answers.read_text().splitlines())}
    lacking = len(rows) - len(found)
    if lacking:
        raise RuntimeError(f"{lacking} of {len(rows)} requests were never sent")
    return [{**row, **found[n]} for n, row in enumerate(rows)]
