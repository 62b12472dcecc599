"""Hyperparameters of the LSTM: text from the job's configuration, checked and made numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catalog.contract import Target
from jobs import JobError

DEFAULTS = {
    "hidden_size": "32",
    "learning_rate": "0.002",
    "dropout": "0.3",
    "weight_decay": "0.01",
    "epochs": "30",
    "batch_size": "128",
    "patience": "5",
    "seed": "0",
}


@dataclass(frozen=True)
class Settings:
    """Width of the hidden state; AdamW's rate and decay; share of the hidden state dropped while learning;
    passes over the rows at most, passes without gain until it stops, rows a step."""

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


def threads() -> int:
    """Cores of the job."""
    return int(os.environ.get("SM_NUM_CPUS", "1"))


def read(given: Mapping[str, str], target: Target) -> Settings:
    """JobError names every hyperparameter that is unknown or unusable."""
    unknown = ", ".join(sorted(set(given) - set(DEFAULTS)))
    problems = [f"{unknown}: not a hyperparameter; known are {', '.join(sorted(KINDS))}"] if unknown else []
    if not target.classes:
        problems.append(f"target {target.name} is a number; the LSTM predicts classes")
    texts, values = {**DEFAULTS, **given}, {}
    for name, (expected, convert) in KINDS.items():
        try:
            values[name] = convert(texts[name])
        except (ValueError, OverflowError):
            problems.append(f"{name} must be {expected}, got {texts[name]!r}")
    if problems:
        raise JobError("; ".join(sorted(problems)))
    return Settings(**values)


Kind = tuple[str, Callable[[str], Any]]


def _whole(least: int, most: int) -> Kind:
    def convert(text: str) -> int:
        """Tuning services may write whole numbers as 5.0."""
        number = float(text)
        if number != int(number) or not least <= number <= most:
            raise ValueError(text)
        return int(number)

    return f"a whole number from {least} to {most}", convert


def _number(least: float, below: float) -> Kind:
    def convert(text: str) -> float:
        number = float(text)
        if not least <= number < below:
            raise ValueError(text)
        return number

    limit = "" if below == math.inf else f" and below {below:g}"
    return f"a number of at least {least:g}{limit}", convert


KINDS: dict[str, Kind] = {
    "hidden_size": _whole(1, 512),
    "learning_rate": _number(1e-6, 1),
    "dropout": _number(0, 1),
    "weight_decay": _number(0, math.inf),
    "epochs": _whole(1, 1000),
    "batch_size": _whole(1, 65536),
    "patience": _whole(1, 1000),
    "seed": _whole(0, 2**31 - 1),
}
