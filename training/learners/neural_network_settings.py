"""Hyperparameters of the multilayer perceptron."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import hyperparameters
from catalog.contract import Target
from hyperparameters import number, whole
from jobs import JobError

KINDS = {
    "hidden": whole(1, 1024),
    "layers": whole(1, 5),
    "learning_rate": number(1e-6, 1),
    "alpha": number(0),
    "batch_size": whole(1, 65_536),
    "epochs": whole(1, 1000),
    "patience": whole(1, 1000),
    "seed": whole(0, 2**31 - 1),
}
DEFAULTS = {
    "hidden": "32",
    "layers": "2",
    "learning_rate": "0.002",
    "alpha": "0.0001",
    "batch_size": "256",
    "epochs": "40",
    "patience": "6",
    "seed": "0",
}


@dataclass(frozen=True)
class Settings:
    """Units of each of the hidden `layers`; Adam's rate; the penalty on large weights; rows a step, passes
    over the rows at most, and passes without gain until it stops."""

    hidden: int
    layers: int
    learning_rate: float
    alpha: float
    batch_size: int
    epochs: int
    patience: int
    seed: int

    def as_text(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


def read(given: Mapping[str, str], target: Target) -> Settings:
    """JobError names every hyperparameter that is unknown or unusable, or that the target is a forecast."""
    if target.horizons or target.quantiles:
        raise JobError(f"the neural network predicts classes or a number; target {target.name} is a forecast")
    return Settings(**hyperparameters.read(given, KINDS, DEFAULTS))
