"""Hyperparameters: text from the job's configuration, checked and made numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs import JobError


@dataclass(frozen=True)
class Kind:
    """What is `expected`, in words, and how a text becomes it; ValueError where it does not."""

    expected: str
    convert: Callable[[str], Any]


def whole(least: int, most: int) -> Kind:
    """Tuning services may write whole numbers as 5.0."""

    def convert(text: str) -> int:
        number = float(text)
        if not least <= number <= most or number % 1:
            raise ValueError(text)
        return int(number)

    return Kind(f"a whole number from {least} to {most}", convert)


def positive() -> Kind:
    def convert(text: str) -> float:
        number = float(text)
        if not 0 < number < math.inf:
            raise ValueError(text)
        return number

    return Kind("a number above 0", convert)


def number(least: float, below: float = math.inf) -> Kind:
    def convert(text: str) -> float:
        value = float(text)
        if not least <= value < below:
            raise ValueError(text)
        return value

    limit = "" if below == math.inf else f" and below {below:g}"
    return Kind(f"a number of at least {least:g}{limit}", convert)


def choice(*allowed: str) -> Kind:
    def convert(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return Kind(f"one of {', '.join(allowed)}", convert)


def read(given: Mapping[str, str], kinds: Mapping[str, Kind], defaults: Mapping[str, str]) -> dict[str, Any]:
    """A value for each of `kinds`; JobError names every hyperparameter that is unknown or unusable."""
    texts = {**defaults, **given}
    unknown = ", ".join(sorted(set(texts) - set(kinds)))
    problems = [f"{unknown}: not a hyperparameter; known are {', '.join(sorted(kinds))}"] if unknown else []
    values: dict[str, Any] = {}
    for name, kind in kinds.items():
        try:
            values[name] = kind.convert(texts[name])
        except ValueError:
            problems.append(f"{name} must be {kind.expected}, got {texts[name]!r}")
    if problems:
        raise JobError("; ".join(sorted(problems)))
    return values
