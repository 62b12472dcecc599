"""Files to diagnose: clean synthetic ones, and ways to spoil them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from commands.main import app

ROWS = 2000


def clean(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Readings of some machines, with a label that they foretell only in part."""
    draw = np.random.default_rng(seed)
    load = draw.normal(50, 10, rows)
    return pd.DataFrame(
        {
            "machine": [f"m-{number}" for number in draw.integers(0, 20, rows)],
            "seen_at": pd.date_range("2026-01-01", periods=rows, freq="7min", tz="UTC"),
            "load": load,
            "errors": draw.poisson(3, rows).astype(float),
            "zone": draw.choice(["north", "south", "west"], rows),
            "state": np.where(load + draw.normal(0, 12, rows) > 55, "failing", "well"),
        }
    )


def diagnosed(
    folder: Path, frame: pd.DataFrame, *arguments: str, suffix: str = "csv"
) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a frame written to a file."""
    path = folder / f"data.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path, index=False)
    return run(folder, path, *arguments)


def run(folder: Path, path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    report = folder / "report.html"
    result = CliRunner().invoke(app, ["diagnose", "--input", str(path), "--report", str(report), *arguments])
    assert result.exit_code in (0, 1), result.output
    return result.exit_code, json.loads(report.with_suffix(".json").read_text())


def refused(folder: Path, path: Path, *arguments: str) -> str:
    """The words of a call that is refused."""
    report = folder / "report.html"
    result = CliRunner().invoke(app, ["diagnose", "--input", str(path), "--report", str(report), *arguments])
    assert result.exit_code == 2, result.output
    assert not report.exists()
    return result.output


def found(report: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [each for each in report["findings"] if each["code"] == code]


ROLES = ("--target", "state", "--entity", "machine", "--time", "seen_at")
