"""Hyperparameters of the boosted trees: text from the job's configuration, checked and turned into numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Target
from jobs import JobError

OBJECTIVES = ("multi:softprob", "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror")
METRICS = ("mlogloss", "merror", "rmse", "mae")
WEIGHTS = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}
"""Power of a class's rarity that its rows weigh with."""


def _threads(text: str) -> int:
    """A number, or `auto` for the job's cores; more than one collapses where cores are shared."""
    return int(os.environ.get("SM_NUM_CPUS", "1")) if text == "auto" else int(text)


def _one_of(*allowed: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in allowed:
            raise ValueError
        return text

    check.__name__ = f"one of {', '.join(allowed)}"
    return check


def _whole(text: str) -> int:
    """Tuning services may write whole numbers as 5.0."""
    number = float(text)
    if number != int(number):
        raise ValueError
    return int(number)


_whole.__name__, _threads.__name__, KINDS = "a whole number", "a whole number or auto", {float: "a number"}
PARAMETERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("eta", "min_child_weight", "subsample", "colsample_bytree"), float),
    **dict.fromkeys(("gamma", "alpha", "lambda", "max_delta_step"), float),
    **dict.fromkeys(("max_depth", "max_bin", "max_leaves", "seed"), _whole),
    "grow_policy": _one_of("depthwise", "lossguide"),
    "objective": _one_of(*OBJECTIVES),
    "eval_metric": _one_of(*METRICS),
    "nthread": _threads,
}
OWN: dict[str, Callable[[str], Any]] = {
    "num_boost_round": _whole,
    "early_stopping_rounds": _whole,
    "class_weight": _one_of(*WEIGHTS),
}
DEFAULTS = {
    "num_boost_round": "300",
    "early_stopping_rounds": "15",
    "class_weight": "none",
    "max_bin": "128",
    "nthread": "1",
    "seed": "0",
}


@dataclass(frozen=True)
class Settings:
    """Boosting rounds at most, rounds without gain until it stops, class weighting, and the booster's own."""

    rounds: int
    patience: int
    class_weight: str
    classes: int
    parameters: dict[str, Any]

    def as_text(self) -> dict[str, str]:
        own = (self.rounds, self.patience, self.class_weight)
        return {
            name: str(value)
            for name, value in {**dict(zip(OWN, own, strict=True)), **self.parameters}.items()
        }

    def row_weights(self, labels: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Rows of rare classes weigh more, as `class_weight` says; their mean stays 1."""
        power = WEIGHTS[self.class_weight]
        if not self.classes or not power:
            return None
        codes = labels.astype(np.int64)
        counts = np.maximum(np.bincount(codes, minlength=self.classes), 1)
        weights = ((len(codes) / counts) ** power)[codes]
        return (weights / weights.mean()).astype(np.float32)


def read(given: Mapping[str, str], target: Target) -> Settings:
    """JobError names every hyperparameter that is unknown or unusable."""
    classes = len(target.classes)
    task = {"objective": "multi:softprob", "eval_metric": "mlogloss"} if classes else {
        "objective": "reg:squarederror", "eval_metric": "rmse"
    }  # fmt: skip
    texts = {**DEFAULTS, **task, **given}
    problems = [
        f"{name} is not a hyperparameter; known are {', '.join(sorted({**PARAMETERS, **OWN}))}"
        for name in texts if name not in PARAMETERS and name not in OWN
    ]  # fmt: skip
    values: dict[str, Any] = {}
    for name, kind in {**PARAMETERS, **OWN}.items():
        if name in texts:
            try:
                values[name] = kind(texts[name])
            except ValueError:
                problems.append(f"{name} must be {KINDS.get(kind, kind.__name__)}, got {texts[name]!r}")
    if problems:
        raise JobError("; ".join(problems))
    own = [values.pop(name) for name in OWN]
    shape = {"num_class": classes} if classes else {}
    return Settings(
        *own, classes, {**values, **shape, "tree_method": "hist", "disable_default_eval_metric": 1}
    )
