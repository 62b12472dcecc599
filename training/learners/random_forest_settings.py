"""Hyperparameters of the random forest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import hyperparameters
from hyperparameters import Kind, choice, whole


def _columns(text: str) -> str | float:
    if text in ("sqrt", "log2"):
        return text
    share = float(text)
    if not 0 < share <= 1:
        raise ValueError(text)
    return share


KINDS = {
    "n_estimators": whole(1, 1000),
    "max_depth": whole(1, 64),
    "min_samples_leaf": whole(1, 100_000),
    "max_features": Kind("sqrt, log2 or a share of the columns above 0 and at most 1", _columns),
    "max_leaf_nodes": whole(2, 65_536),
    "class_weight": choice("none", "balanced"),
    "seed": whole(0, 2**31 - 1),
}
DEFAULTS = {
    "n_estimators": "100",
    "max_depth": "14",
    "min_samples_leaf": "2",
    "max_features": "sqrt",
    "max_leaf_nodes": "512",
    "class_weight": "none",
    "seed": "0",
}


@dataclass(frozen=True)
class Settings:
    """`max_features` is a rule's name or a share of the columns; `max_leaf_nodes` bounds the model's size."""

    n_estimators: int
    max_depth: int
    min_samples_leaf: int
    max_features: str | float
    max_leaf_nodes: int
    class_weight: str
    seed: int

    def as_text(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items()}


def read(given: Mapping[str, str]) -> Settings:
    """JobError names every hyperparameter that is unknown or unusable."""
    return Settings(**hyperparameters.read(given, KINDS, DEFAULTS))
