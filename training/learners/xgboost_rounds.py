"""What happens after each boosting round: early stopping, reporting, checkpoints.

The best round is kept in the booster's own attributes, so that it survives an interruption.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from learners.xgboost_library import xgb

OWNER = "training"
"""Booster attribute that says which training a checkpoint belongs to, whatever its file is called."""
EVERY = 25
"""Rounds between checkpoints and between reports."""


class Rounds(xgb.callback.TrainingCallback):  # type: ignore[misc,name-defined]
    """Stops after `patience` rounds without a better score; lower is better."""

    def __init__(
        self, patience: int, report: Callable[[float], None], identity: str, checkpoints: Path | None
    ) -> None:
        super().__init__()
        self._patience, self._report = patience, report
        self._identity, self._checkpoints = identity, checkpoints
        self._first = 0

    def before_training(self, model: Any) -> Any:
        self._first = model.num_boosted_rounds()
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        round_, score = self._first + epoch, float(next(iter(evals_log["validation"].values()))[-1])
        if score < best_score(model):
            model.set_attr(best_score=repr(score), best_round=str(round_))
        if (round_ + 1) % EVERY == 0:
            self._report(score)
            if self._checkpoints:
                _save(model, self._checkpoints, self._identity)
        return round_ - best_round(model) >= self._patience


def best_score(booster: Any) -> float:
    return float(booster.attr("best_score") or math.inf)


def best_round(booster: Any) -> int:
    return int(booster.attr("best_round") or 0)


def name(identity: str) -> str:
    """Trials of one search share a folder, so each training writes a file of its own."""
    return f"checkpoint-{identity}.ubj"


def latest(folder: Path | None, identity: str) -> Any | None:
    """The checkpoint of this very training, if `folder` holds one."""
    path = folder / name(identity) if folder else None
    if path is None or not path.is_file():
        return None
    try:
        booster = xgb.Booster(model_file=path)
    except xgb.core.XGBoostError:
        print(f"{path} is not readable and left aside", flush=True)
        return None
    if booster.attr(OWNER) == identity:
        return booster
    print(f"{path} belongs to a training with other data or hyperparameters and is left aside", flush=True)
    return None


def _save(booster: Any, folder: Path, identity: str) -> None:
    """A crash while writing leaves the checkpoint before."""
    booster.set_attr(**{OWNER: identity})
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"partial-{name(identity)}"
    booster.save_model(partial)
    partial.replace(folder / name(identity))
