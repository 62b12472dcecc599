"""Transparent rules as data: what answers without a learned model, and what is done about an answer.

Standard library only, Python 3.11: this file ships in every function, job and endpoint.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

OPERATORS = {">": operator.gt, "<": operator.lt, "==": operator.eq}


@dataclass(frozen=True)
class Rule:
    """`answer` where `feature` is above (or below) `threshold`, or is that category."""

    feature: str
    op: Literal[">", "<", "=="]
    threshold: float | str
    answer: str | float

    def holds(self, record: Mapping[str, Any]) -> bool:
        return _beyond(record.get(self.feature), self.op, self.threshold)


@dataclass(frozen=True)
class Fallback:
    """A transparent rule: the first rule that holds answers, else `otherwise`."""

    rules: tuple[Rule, ...]
    otherwise: str | float

    def answer(self, record: Mapping[str, Any]) -> str | float:
        return next((rule.answer for rule in self.rules if rule.holds(record)), self.otherwise)


@dataclass(frozen=True)
class Points:
    """`share` is added where `feature` is above (or below) `threshold`."""

    feature: str
    op: Literal[">", "<"]
    threshold: float
    share: float

    def holds(self, record: Mapping[str, Any]) -> bool:
        return _beyond(record.get(self.feature), self.op, self.threshold)


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """A transparent rule with a probability: `base` and the shares of all points that hold, at most `most`.

    It is the probability of class `positive`; the other class of the two is `negative`.
    """

    points: tuple[Points, ...]
    positive: str
    negative: str
    base: float = 0.02
    most: float = 0.98

    def probability(self, record: Mapping[str, Any]) -> float:
        return min(self.most, self.base + sum(point.share for point in self.points if point.holds(record)))

    def answer(self, record: Mapping[str, Any]) -> str:
        return self.positive if self.probability(record) >= 0.5 else self.negative


@dataclass(frozen=True)
class Level:
    """Reached where the risk is at least `at_least`; `action` is what to do then."""

    name: str
    at_least: float
    action: str


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What an answer means for the operator.

    Risk is the probability that the class is another than `calm`; of a number, its share of the target's
    range. `levels` stand highest first; the last one
    is reached at 0. `field` names the level in answers. A class in `actions` brings an action of its own,
    from the second lowest level upwards. Under `calm_score` answers tell what the risk leaves of 1.
    """

    calm: str
    field: Literal["severity", "risk_level", "stress_level", "stability_level"]
    levels: tuple[Level, ...]
    actions: tuple[tuple[str, str], ...] = ()
    calm_score: str = ""

    def level(self, risk: float) -> Level:
        return next((level for level in self.levels if risk >= level.at_least), self.levels[-1])

    def action(self, risk: float, label: str) -> str:
        level = self.level(risk)
        own = dict(self.actions).get(label)
        return own if own and level is not self.levels[-1] else level.action


@dataclass(frozen=True)
class Detector:
    """A streaming detector without training: `method` is a module of training/detectors/."""

    method: str
    settings: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Reading:
    """An optional text of a request that another model reads; its answer is added to this one's."""

    text: str
    model: str
    description: str


def _beyond(value: Any, op: str, threshold: Any) -> bool:
    if value is None:
        return False
    return bool(OPERATORS[op](value, threshold))
