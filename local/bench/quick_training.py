"""A model directory in seconds, by the jobs themselves: synthetic records, no search, no local AWS."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from catalog.contract import SYNTHETIC
from catalog.spec import ModelSpec
from local.bench.process import timed
from local.run.data import ROOTS
from local.run.place import ROOT


def train(spec: ModelSpec, folder: Path, records: int) -> Path:
    """Generates, prepares and trains below `folder` with the learner's own hyperparameters and those that the
    spec fixes; the model directory."""
    contracts, splits, model = folder / "contracts", folder / "splits", folder / "model"
    for made in (contracts, model):
        made.mkdir(parents=True)
    (contracts / f"{spec.name}.json").write_text(spec.contract.to_json())
    raw = str(folder / "raw")
    settings = {"PYTHONPATH": ROOTS, "CONTRACTS_DIR": str(contracts)}
    _job("generate", settings, "--records", str(records), "--output", raw)
    _job(
        "prepare",
        settings,
        *("--raw", raw, "--output", str(splits)),
        *("--profile", SYNTHETIC, "--run-date", "2026-01-01"),
    )
    given = {"learner": spec.trained.learner, **dict(spec.trained.tuning.fixed)}
    channels = {
        f"SM_CHANNEL_{name.upper()}": str(splits / name) for name in ("train", "validation", "metadata")
    }
    _job("train", {**settings, **channels, "SM_MODEL_DIR": str(model), "SM_HPS": json.dumps(given)})
    return model


def _job(name: str, settings: dict[str, str], *arguments: str) -> None:
    timed([sys.executable, str(ROOT / "training" / f"{name}.py"), *arguments], settings)
