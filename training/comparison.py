"""Candidates of several learners on the same rows: what each does, and which one is chosen."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

import curves
import metrics
from artifact import Artifact
from baselines import Answers
from dataset import Rows
from encoding import Matrix
from jobs import JobError
from metrics import Array, Codes
from scoring import score

TIMED, UNTIMED = 300, 20
"""Rows that are asked one at a time, and those before them that only wake the library up."""


@dataclass(frozen=True)
class Rule:
    """The best `metric` of the validation split wins; of those within `margin` of it, the one with
    the smallest export: a size is the same on every machine, a time is not."""

    metric: str
    higher_is_better: bool
    margin: float

    def choose(self, values: Sequence[float], sizes: Sequence[int]) -> int:
        """Which candidate, by its place; of equals the first. NaN is worse than any number."""
        better = [value if self.higher_is_better else -value for value in values]
        better = [-math.inf if math.isnan(value) else value for value in better]
        near = [place for place, value in enumerate(better) if round(max(better) - value, 9) <= self.margin]
        return min(near or range(len(values)), key=lambda place: sizes[place])


def ask(model: Artifact, features: Matrix) -> Answers:
    answers = model.predict(features)
    return Answers(answers, model.labels(answers) if model.contract.target.classes else None)


def judged(model: Artifact, rows: Rows, answers: Answers) -> dict[str, float]:
    """A model's metrics on `rows`, and of a classifier, what an accuracy alone would hide.

    `accuracy_gap` is what it loses against its training rows, `top_importance` the share of its most
    important column, `balance` the widest distance of a class' precision from its recall.
    """
    told = score(rows, answers, model.contract)
    if answers.labels is None:
        return told
    fitted, truth = model.facts.get("training", {}).get("accuracy"), rows.target.astype(np.int64)
    precision, recall, _ = _by_class(truth, answers.labels, answers.values.shape[1])
    return {
        **told,
        **({} if fitted is None else {"accuracy_gap": fitted - told["accuracy"]}),
        "top_importance": max(model.facts["importance"].values(), default=0.0),
        "balance": float(np.abs(precision - recall).max()),
        "calibration_error": curves.calibration(truth, answers.values, answers.labels)["error"],
    }


def compare(
    candidates: Sequence[Artifact], validation: Rows, test: Rows, rule: Rule
) -> tuple[dict[str, dict[str, Any]], int]:
    """What each learner's candidate does on both splits, and the place of the one that is chosen.

    `inference_ms` is what one row takes with the learner's own library, `bytes` the size of the ONNX export.
    """
    names = [each.learner for each in candidates]
    if len(set(names)) < len(names):
        raise JobError(f"candidates are of learners {', '.join(names)}; give one of each")
    told = [_figures(each, validation, test) for each in candidates]
    values = [each["validation"].get(rule.metric) for each in told]
    if None in values:
        known = ", ".join(told[0]["validation"])
        raise JobError(
            f"candidates cannot be compared by {rule.metric!r}; the validation split tells {known}"
        )
    chosen = rule.choose(values, [each["bytes"] for each in told])
    rivals = {name: {**each, "chosen": name == names[chosen]} for name, each in zip(names, told, strict=True)}
    return rivals, chosen


def inference_ms(model: Artifact, features: Matrix) -> float:
    """Median time of one row, asked alone."""
    times = []
    for place in np.linspace(0, len(features) - 1, UNTIMED + TIMED).astype(int):
        row = features[place : place + 1]
        started = time.perf_counter()
        ask(model, row)
        times.append(1000 * (time.perf_counter() - started))
    return median(times[UNTIMED:])


def _figures(model: Artifact, validation: Rows, test: Rows) -> dict[str, Any]:
    splits = {name: _of_split(model, rows) for name, rows in (("validation", validation), ("test", test))}
    fitted = model.facts.get("training", {}).get("accuracy")
    return {
        **splits,
        "gap": None if fitted is None else fitted - splits["test"]["accuracy"],
        "inference_ms": inference_ms(model, test.features),
        "bytes": len(model.onnx()),
    }


def _of_split(model: Artifact, rows: Rows) -> dict[str, float]:
    """Metrics of the target's kind; of classes also the macro averages over those that the split holds."""
    answers = ask(model, rows.features)
    told = score(rows, answers, model.contract)
    if answers.labels is None:
        return told
    truth = rows.target.astype(np.int64)
    precision, recall, count = _by_class(truth, answers.labels, answers.values.shape[1])
    return {
        **told,
        "precision": float(precision[count > 0].mean()),
        "recall": float(recall[count > 0].mean()),
        "calibration_error": curves.calibration(truth, answers.values, answers.labels)["error"],
    }


def _by_class(truth: Codes, labels: Codes, classes: int) -> tuple[Array, Array, Codes]:
    """Precision and recall of each class, and how many rows the truth has of it."""
    matrix = metrics.confusion(truth, labels, classes)
    precision, recall, _ = metrics.per_class(matrix)
    return precision, recall, matrix.sum(axis=1)
