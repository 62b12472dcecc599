"""Hyperparameters of the random forest: text from the job's configuration, checked and made numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs import JobError

CLASS_WEIGHTS = ("none", "balanced")
Kind = tuple[str, Callable[[str], Any]]


def _whole(least: int, most: int) -> Kind:
    def convert(text: str) -> int:
        number = float(text)
        if number != int(number) or not least <= number <= most:
            raise ValueError(text)
        return int(number)

    return f"a whole number from {least} to {most}", convert


def _columns(text: str) -> str | float:
    """Tuning services write shares as numbers."""
    if text in ("sqrt", "log2"):
        return text
    share = float(text)
    if not 0 < share <= 1:
        raise ValueError(text)
    return share


def _class_weight(text: str) -> str:
    if text not in CLASS_WEIGHTS:
        raise ValueError(text)
    return text


KINDS: dict[str, Kind] = {
    "n_estimators": _whole(1, 1000),
    "max_depth": _whole(1, 64),
    "min_samples_leaf": _whole(1, 100_000),
    "max_features": ("sqrt, log2 or a share of the columns above 0 and at most 1", _columns),
    "max_leaf_nodes": _whole(2, 65_536),
    "class_weight": (f"one of {', '.join(CLASS_WEIGHTS)}", _class_weight),
    "seed": _whole(0, 2**31 - 1),
}
DEFAULTS = {
    "n_estimators": "200",
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
    texts = {**DEFAULTS, **given}
    unknown = ", ".join(sorted(set(texts) - set(KINDS)))
    problems = [f"{unknown}: not a hyperparameter; known are {', '.join(sorted(KINDS))}"] if unknown else []
    values: dict[str, Any] = {}
    for name, (expected, convert) in KINDS.items():
        try:
            values[name] = convert(texts[name])
        except (ValueError, OverflowError):
            problems.append(f"{name} must be {expected}, got {texts[name]!r}")
    if problems:
        raise JobError("; ".join(sorted(problems)))
    return Settings(**values)
