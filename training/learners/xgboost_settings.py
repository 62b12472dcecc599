"""Hyperparameters of the boosted trees: text from the job's configuration, checked and made numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import class_weights
from catalog.contract import Target
from jobs import JobError

FEW_ROWS, FEW_BINS = 20_000, 64
"""Few rows fill few bins, and the time of a round follows the bins."""
Kind = tuple[str, Callable[[str], Any]]


def _whole(text: str) -> int:
    """Tuning services may write whole numbers as 5.0."""
    number = float(text)
    if number != int(number):
        raise ValueError(text)
    return int(number)


def _threads(text: str) -> int:
    return int(os.environ.get("SM_NUM_CPUS", "1")) if text == "auto" else _whole(text)


def _bins(text: str) -> int | None:
    return None if text == "auto" else _whole(text)


def _choice(*allowed: str) -> Kind:
    return f"one of {', '.join(allowed)}", {name: name for name in allowed}.__getitem__


NUMBER: Kind = ("a number", float)
WHOLE: Kind = ("a whole number", _whole)
BINS: Kind = ("a whole number, or auto to follow the number of rows", _bins)
THREADS: Kind = ("a whole number, or auto for all cores of the job", _threads)
BOOSTER: dict[str, Kind] = {
    "objective": _choice(
        "multi:softprob",
        "reg:squarederror",
        "reg:absoluteerror",
        "reg:pseudohubererror",
        "reg:quantileerror",
    ),
    "eval_metric": _choice("mlogloss", "merror", "rmse", "mae", "quantile"),
    "eta": NUMBER,
    "max_depth": WHOLE,
    "min_child_weight": NUMBER,
    "subsample": NUMBER,
    "colsample_bytree": NUMBER,
    "colsample_bynode": NUMBER,
    "gamma": NUMBER,
    "alpha": NUMBER,
    "lambda": NUMBER,
    "max_delta_step": NUMBER,
    "max_bin": BINS,
    "seed": WHOLE,
    "nthread": THREADS,
}
OWN: dict[str, Kind] = {
    "num_boost_round": WHOLE,
    "early_stopping_rounds": WHOLE,
    "class_weight": _choice(*class_weights.POWERS),
}
DEFAULTS = {
    "num_boost_round": "300",
    "early_stopping_rounds": "15",
    "class_weight": "none",
    "max_bin": "auto",
    "nthread": "1",
    "seed": "0",
}
CLASSES = {"objective": "multi:softprob", "eval_metric": "mlogloss"}
NUMBERS = {"objective": "reg:squarederror", "eval_metric": "rmse"}
QUANTILES = {"objective": "reg:quantileerror", "eval_metric": "quantile"}


@dataclass(frozen=True)
class Settings:
    """Boosting rounds at most, rounds without gain until it stops, class weighting, and the booster's own."""

    rounds: int
    patience: int
    class_weight: str
    classes: int
    booster: dict[str, Any]

    def as_text(self) -> dict[str, str]:
        own = dict(zip(OWN, (self.rounds, self.patience, self.class_weight), strict=True))
        return {name: str(value) for name, value in {**own, **self.booster}.items()}

    def row_weights(self, labels: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Rows of rare classes weigh more, as `class_weight` says; their mean stays 1."""
        return class_weights.row_weights(self.class_weight, labels, self.classes)


def _usual(target: Target) -> dict[str, str]:
    """Objective and metric where none is given."""
    return CLASSES if target.classes else QUANTILES if target.quantiles else NUMBERS


def read(given: Mapping[str, str], target: Target, rows: int) -> Settings:
    """Settings for `rows` training rows; JobError names every hyperparameter that is unknown or unusable."""
    classes, kinds = len(target.classes), {**BOOSTER, **OWN}
    texts = {**DEFAULTS, **_usual(target), **given}
    unknown = ", ".join(sorted(set(texts) - set(kinds)))
    problems = [f"{unknown}: not a hyperparameter; known are {', '.join(sorted(kinds))}"] if unknown else []
    values: dict[str, Any] = {}
    for name in texts.keys() & kinds.keys():
        expected, convert = kinds[name]
        try:
            values[name] = convert(texts[name])
        except (ValueError, KeyError, OverflowError):
            problems.append(f"{name} must be {expected}, got {texts[name]!r}")
    if problems:
        raise JobError("; ".join(sorted(problems)))
    booster = {name: values[name] for name in BOOSTER if name in values}
    booster["max_bin"] = booster["max_bin"] or (FEW_BINS if rows < FEW_ROWS else 256)
    booster |= {"tree_method": "hist"} | ({"num_class": classes} if classes else {})
    booster |= {"quantile_alpha": list(target.quantiles)} if target.quantiles else {}
    rounds, patience, class_weight = (values[name] for name in OWN)
    return Settings(rounds, patience, class_weight, classes, booster)
