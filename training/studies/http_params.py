"""`python -m studies.http_params FOLDER`: how well attacks in request parameters are told apart on the
HttpParams set. Prints one JSON object.

The author's own split: trained on payload_train, tested once on payload_test. Hyperparameters are chosen by
cross-validation within the training part. Once with the record's four classes, once with the set's five.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import grams
import metrics
from catalog.contract import Contract
from catalog.models.threat_payload import THREAT_PAYLOAD
from dataset import Rows
from encoding import Matrix
from learners import linear_text
from sources import http_params

Codes = NDArray[np.int64]
TEXT = THREAT_PAYLOAD.contract.record.texts[0]
CANDIDATES = tuple(
    {"C": strength, "class_weight": weight}
    for weight in ("none", "balanced")
    for strength in ("10", "100", "1000")
)
FOLDS, SEED = 4, 0
TIMED = 200
"""Payloads that the time of one is the median of."""
KEYWORDS = (
    ("xss", re.compile(r"<[a-z!/?]|javascript:|\bon[a-z]{4,}\s*=|document\.|alert\s*\(", re.I)),
    ("sqli", re.compile(r"\b(union|select|where|having|order by|sleep)\b|'\s*(or|and)\b|--|#$", re.I)),
    ("path-traversal", re.compile(r"\.\.[/\\]|%2e|/etc/|c:[/\\]", re.I)),
    ("cmdi", re.compile(r"[;|`]|&&|\$\(")),
)  # fmt: skip
"""The rule to beat: the first of these that is found, else normal."""


def study(data: Path) -> dict[str, Any]:
    """Every figure of the study."""
    (texts, attacks), (test_texts, test_attacks) = (
        http_params.rows(data, part) for part in http_params.PARTS
    )
    inputs, test_inputs = grams.encode(TEXT, texts), grams.encode(TEXT, test_texts)
    found: dict[str, Any] = {
        "train": len(texts),
        "test": len(test_texts),
        "test_texts_also_in_train": len(set(test_texts) & set(texts)),
    }
    schemes = {
        "four_classes": (THREAT_PAYLOAD.contract, http_params.ATTACKS),
        "five_classes": (_five(), {attack: attack for attack in http_params.ATTACKS}),
    }
    for name, (contract, named) in schemes.items():
        train, test = (_codes(each, named, contract) for each in (attacks, test_attacks))
        model, chosen = _fitted(inputs, train, contract)
        always = int(np.bincount(train).argmax())
        ruled = _codes([_keyword(text) for text in test_texts], named, contract)
        found[name] = {
            **chosen,
            "model": _told(test, model.predict(test_inputs).argmax(axis=1), contract),
            "majority": _told(test, np.full(len(test), always), contract),
            "keywords": _told(test, ruled, contract),
        }
        found["ms_per_payload"] = _times(model, test_texts)
    return found


def _five() -> Contract:
    contract = THREAT_PAYLOAD.contract
    return replace(contract, target=replace(contract.target, classes=tuple(http_params.ATTACKS)))


def _codes(attacks: Sequence[str], named: dict[str, str], contract: Contract) -> Codes:
    return np.array([contract.target.classes.index(named[attack]) for attack in attacks])


def _fitted(inputs: Matrix, target: Codes, contract: Contract) -> tuple[linear_text.Model, dict[str, Any]]:
    """The model of the whole training part, with the candidate that does best on folds it did not see."""
    fold = np.random.default_rng(SEED).integers(FOLDS, size=len(target))
    scores = [_crossed(inputs, target, fold, contract, candidate) for candidate in CANDIDATES]
    best = CANDIDATES[int(np.argmax(scores))]
    tried = [{**candidate, "macro_f1": score} for candidate, score in zip(CANDIDATES, scores, strict=True)]
    return _fit(inputs, target, contract, best), {"chosen": best, "cross_validation": tried}


def _crossed(
    inputs: Matrix, target: Codes, fold: Codes, contract: Contract, candidate: dict[str, str]
) -> float:
    answers = np.empty_like(target)
    for each in range(FOLDS):
        model = _fit(inputs[fold != each], target[fold != each], contract, candidate)
        answers[fold == each] = model.predict(inputs[fold == each]).argmax(axis=1)
    return _macro_f1(target, answers, contract)


def _fit(inputs: Matrix, target: Codes, contract: Contract, given: dict[str, str]) -> linear_text.Model:
    values = target.astype(np.float32)
    rows = Rows(inputs, values, values, np.arange(len(target)))
    return linear_text.fit(rows, rows, contract, given, report=_silent, identity="")[0]


def _silent(metric: str, score: float) -> None:
    """The study prints one object and nothing else."""


def _macro_f1(truth: Codes, answers: Codes, contract: Contract) -> float:
    return round(metrics.macro_f1(metrics.confusion(truth, answers, len(contract.target.classes))), 4)


def _told(truth: Codes, answers: Codes, contract: Contract) -> dict[str, Any]:
    """Accuracy and macro-F1; precision, recall, F1 and test rows of each class."""
    matrix = metrics.confusion(truth, answers, len(contract.target.classes))
    parts = zip(contract.target.classes, *metrics.per_class(matrix), matrix.sum(axis=1), strict=True)
    return {
        "accuracy": round(float(np.mean(truth == answers)), 4),
        "macro_f1": _macro_f1(truth, answers, contract),
        "per_class": {
            name: {
                "precision": round(float(precision), 4),
                "recall": round(float(recall), 4),
                "f1": round(float(f1), 4),
                "rows": int(rows),
            }
            for name, precision, recall, f1, rows in parts
        },
    }


def _keyword(text: str) -> str:
    return next((attack for attack, pattern in KEYWORDS if pattern.search(text)), "norm")


def _times(model: linear_text.Model, texts: Sequence[str]) -> dict[str, float]:
    """Median of the pure-Python encoding and of the model in numpy, on the set's texts and on a long one."""
    long = ("' union all select null,concat(0x71,user()),null from information_schema.tables -- " * 13)[:1000]
    row = grams.encode(TEXT, [long])
    return {
        "encode": _median_ms([partial(TEXT.encode, text) for text in texts[:TIMED]]),
        "encode_1000_characters": _median_ms([lambda: TEXT.encode(long)] * TIMED),
        "predict": _median_ms([lambda: model.predict(row)] * TIMED),
    }


def _median_ms(calls: Sequence[Callable[[], Any]]) -> float:
    taken = []
    for call in calls:
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return round(1000 * float(np.median(taken)), 3)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give the folder that holds payload_train.csv.gz and payload_test.csv.gz")
    print(json.dumps(study(Path(sys.argv[1])), indent=1))
