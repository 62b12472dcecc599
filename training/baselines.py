"""What a model must beat: answers that need no learning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import by_name
import forecast_baselines
from catalog.contract import OPERATORS, Contract, Fallback, Points, Rule, Scorecard
from dataset import Rows
from encoding import Matrix

Holds = Callable[[Rule | Points], NDArray[np.bool_]]


@dataclass(frozen=True)
class Answers:
    """`probabilities` (n, classes) with `labels` (n,), or `values` (n,) or (n, quantiles)."""

    values: NDArray[Any]
    labels: NDArray[np.int64] | None = None

    def take(self, chosen: NDArray[np.int64]) -> Answers:
        """Those to the rows at these places."""
        return Answers(self.values[chosen], None if self.labels is None else self.labels[chosen])


def all_of(rows: Rows, contract: Contract, metadata: dict[str, Any]) -> dict[str, Answers]:
    """Constant: the training split's commonest class or mean. Persistence: the entity's latest known label,
    the constant where there is none. Rule: the contract's fallback, if it has one. By name: what the training
    split tells of the first named feature. Placements have each platform alone, forecasts more."""
    constant = np.full(len(rows), metadata["constant"])
    persistence = np.where(np.isnan(rows.known), constant, rows.known)
    found = {"constant": _answers(constant, contract), "persistence": _answers(persistence, contract)}
    if contract.target.classes:
        found["constant"] = _shares(len(rows), metadata)
    if named := metadata.get("by_name"):
        found[f"by_{named['feature']}"] = _by_name(rows, contract, metadata)
    if contract.placement:
        found |= {
            f"always_{name}": _answers(np.full(len(rows), code), contract)
            for code, name in enumerate(contract.target.classes)
        }
    if contract.fallback:
        found["rule"] = rule(rows.features, contract, contract.fallback)
    if contract.target.horizons:
        naive = forecast_baselines.of(rows.features, contract)
        found |= {name: Answers(values) for name, values in naive.items()}
    return found


def rule(features: Matrix, contract: Contract, fallback: Fallback | Scorecard) -> Answers:
    """The rule's answer to the latest record of each row (n, columns)."""

    def holds(each: Rule | Points) -> NDArray[np.bool_]:
        column = features[:, contract.columns.index(each.feature)]
        found: NDArray[np.bool_] = OPERATORS[each.op](column, _threshold(each, contract))
        return found

    if isinstance(fallback, Scorecard):
        return _scored(fallback, contract.target.classes, holds, len(features))
    return _answers(_ruled(fallback, contract.target.classes, holds, len(features)), contract)


def _threshold(rule: Rule | Points, contract: Contract) -> float:
    """As the features hold it: a category's number."""
    feature = next(each for each in contract.record.features if each.name == rule.feature)
    return feature.number(rule.threshold)


def _ruled(fallback: Fallback, classes: tuple[str, ...], holds: Holds, count: int) -> NDArray[np.float64]:
    """Class numbers or values."""

    def number(answer: str | float) -> float:
        return classes.index(answer) if isinstance(answer, str) else answer

    answers = np.full(count, float(number(fallback.otherwise)))
    for each in reversed(fallback.rules):
        answers[holds(each)] = number(each.answer)
    return answers


def _scored(card: Scorecard, classes: tuple[str, ...], holds: Holds, count: int) -> Answers:
    """As `Scorecard.probability` and `Scorecard.answer` say of each row."""
    points = sum((point.share * holds(point) for point in card.points), np.zeros(count))
    positive = np.minimum(card.most, card.base + points)
    numbers = classes.index(card.negative), classes.index(card.positive)
    probabilities = np.zeros((count, len(classes)))
    probabilities[:, numbers[0]], probabilities[:, numbers[1]] = 1 - positive, positive
    return Answers(probabilities, np.where(positive >= 0.5, numbers[1], numbers[0]))


def _answers(found: NDArray[Any], contract: Contract) -> Answers:
    classes = len(contract.target.classes)
    if not classes:
        return Answers(found)
    labels = found.astype(np.int64)
    return Answers(np.eye(classes)[labels], labels)


def _by_name(rows: Rows, contract: Contract, metadata: dict[str, Any]) -> Answers:
    """The training split's mean, or the classes' shares, of the row's name; of all where it is new."""
    classes, named = contract.target.classes, metadata["by_name"]
    otherwise = _shares(1, metadata).values[0] if classes else np.array([metadata["constant"]])
    names = rows.features[:, contract.columns.index(named["feature"])]
    values = by_name.answers(names, named, otherwise)
    return Answers(values, values.argmax(axis=1)) if classes else Answers(values[:, 0])


def _shares(count: int, metadata: dict[str, Any]) -> Answers:
    """Each class as likely as it was in the training split."""
    counts = np.array(list(metadata["splits"]["train"]["target"]["classes"].values()), float)
    return Answers(np.tile(counts / counts.sum(), (count, 1)), np.full(count, counts.argmax()))
