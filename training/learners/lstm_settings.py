"""Hyperparameters of the LSTM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import hyperparameters
from catalog.contract import Target
from hyperparameters import number, whole
from jobs import JobError

KINDS = {
    "hidden_size": whole(1, 512),
    "learning_rate": number(1e-6, 1),
    "dropout": number(0, 1),
    "weight_decay": number(0),
    "epochs": whole(1, 1000),
    "batch_size": whole(1, 65536),
    "patience": whole(1, 1000),
    "seed": whole(0, 2**31 - 1),
}
THREADS = 1
"""A small network gains nothing from more, loses much beside other jobs, and its sums depend on them."""
DEFAULTS = {
    "hidden_size": "32",
    "learning_rate": "0.002",
    "dropout": "0.3",
    "weight_decay": "0.01",
    "epochs": "30",
    "batch_size": "128",
    "patience": "8",
    "seed": "0",
}


@dataclass(frozen=True)
class Settings:
    """Width of the hidden state; AdamW's rate and decay; share of the hidden state dropped while learning;
    passes over the rows at most, rows a step, and passes without gain until it stops."""

    hidden_size: int
    learning_rate: float
    dropout: float
    weight_decay: float
    epochs: int
    batch_size: int
    patience: int
    seed: int

    def as_text(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


def read(given: Mapping[str, str], target: Target) -> Settings:
    """JobError names every hyperparameter that is unknown or unusable, or that the target is no class."""
    if not target.classes:
        raise JobError(f"the LSTM predicts classes; target {target.name} is a number")
    return Settings(**hyperparameters.read(given, KINDS, DEFAULTS))
