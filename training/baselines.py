"""What a model must beat: answers that need no learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract, Fallback
from dataset import Rows
from encoding import Matrix


@dataclass(frozen=True)
class Answers:
    """`probabilities` (n, classes) with `labels` (n,), or `values` (n,)."""

    values: NDArray[Any]
    labels: NDArray[np.int64] | None = None


def all_of(rows: Rows, contract: Contract, metadata: dict[str, Any]) -> dict[str, Answers]:
    """Constant: the training split's commonest class or mean. Persistence: the volume's latest known label,
    the constant where there is none. Rule: the contract's fallback, if it has one."""
    constant = np.full(len(rows), metadata["constant"])
    persistence = np.where(np.isnan(rows.known), constant, rows.known)
    found = {"constant": _answers(constant, contract), "persistence": _answers(persistence, contract)}
    if contract.target.classes:
        found["constant"] = _shares(len(rows), metadata)
    if contract.fallback:
        found["rule"] = _answers(rule(rows.features, contract, contract.fallback), contract)
    return found


def rule(features: Matrix, contract: Contract, fallback: Fallback) -> NDArray[np.float64]:
    """The fallback's answer for each row: class numbers or values."""

    def number(answer: str | float) -> float:
        return contract.target.classes.index(answer) if isinstance(answer, str) else answer

    answers = np.full(len(features), float(number(fallback.otherwise)))
    for each in reversed(fallback.rules):
        column = features[:, contract.features.index(each.feature)]
        holds = column > each.threshold if each.op == ">" else column < each.threshold
        answers[holds] = number(each.answer)
    return answers


def _answers(found: NDArray[Any], contract: Contract) -> Answers:
    classes = len(contract.target.classes)
    if not classes:
        return Answers(found)
    labels = found.astype(np.int64)
    return Answers(np.eye(classes)[labels], labels)


def _shares(count: int, metadata: dict[str, Any]) -> Answers:
    """Each class as likely as it was in the training split."""
    counts = np.array(list(metadata["splits"]["train"]["target"]["classes"].values()), float)
    return Answers(np.tile(counts / counts.sum(), (count, 1)), np.full(count, counts.argmax()))
