"""Hyperparameters of LightGBM, under the library's own names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import hyperparameters
from catalog.contract import Target
from class_weights import POWERS
from hyperparameters import Kind, choice, number, positive, whole
from jobs import JobError


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise ValueError(text)
    return share


def _threads(text: str) -> int:
    if text == "auto":
        return int(os.environ.get("SM_NUM_CPUS", "1"))
    threads: int = whole(1, 1024).convert(text)
    return threads


SHARE = Kind("a share above 0 and at most 1", _share)
KINDS = {
    "num_leaves": whole(2, 4096),
    "learning_rate": positive(),
    "min_child_samples": whole(1, 1_000_000),
    "feature_fraction": SHARE,
    "bagging_fraction": SHARE,
    "lambda_l1": number(0),
    "lambda_l2": number(0),
    "max_bin": whole(8, 1023),
    "num_boost_round": whole(1, 10_000),
    "early_stopping_rounds": whole(1, 10_000),
    "class_weight": choice(*POWERS),
    "num_threads": Kind("a whole number from 1, or auto for all cores of the job", _threads),
    "seed": whole(0, 2**31 - 1),
}
DEFAULTS = {
    "num_leaves": "31",
    "learning_rate": "0.1",
    "min_child_samples": "20",
    "feature_fraction": "1.0",
    "bagging_fraction": "1.0",
    "lambda_l1": "0.0",
    "lambda_l2": "0.0",
    "max_bin": "255",
    "num_boost_round": "300",
    "early_stopping_rounds": "15",
    "class_weight": "none",
    "num_threads": "1",
    "seed": "0",
}
OWN = ("num_boost_round", "early_stopping_rounds", "class_weight")
"""What the training loop reads; the library is given the others."""


@dataclass(frozen=True)
class Settings:
    """Leaves of a tree at most, rows of a leaf at least, shares of the columns and rows that a tree sees,
    penalties, boosting rounds at most, and rounds without gain until it stops."""

    num_leaves: int
    learning_rate: float
    min_child_samples: int
    feature_fraction: float
    bagging_fraction: float
    lambda_l1: float
    lambda_l2: float
    max_bin: int
    num_boost_round: int
    early_stopping_rounds: int
    class_weight: str
    num_threads: int
    seed: int

    def as_text(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}

    def booster(self, classes: int) -> dict[str, Any]:
        """Parameters of the library for so many classes, 0 for a number; same rows, same trees."""
        given = {name: value for name, value in asdict(self).items() if name not in OWN}
        fixed = {"bagging_freq": 1, "deterministic": True, "force_col_wise": True, "verbosity": -1}
        return {**given, **fixed, **_task(classes)}


def _task(classes: int) -> dict[str, Any]:
    """Two classes need one tree a round, not two."""
    if not classes:
        return {"objective": "regression", "metric": "rmse"}
    if classes == 2:
        return {"objective": "binary", "metric": "binary_logloss"}
    return {"objective": "multiclass", "metric": "multi_logloss", "num_class": classes}


def read(given: Mapping[str, str], target: Target) -> Settings:
    """JobError names every hyperparameter that is unknown or unusable, or that the target is a forecast."""
    if target.horizons or target.quantiles:
        raise JobError(f"LightGBM predicts classes or a number here; target {target.name} is a forecast")
    return Settings(**hyperparameters.read(given, KINDS, DEFAULTS))
