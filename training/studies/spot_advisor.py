"""`python -m studies.spot_advisor FOLDER`: how well the interruption band of an instance type is foretold
that was in no training row. Prints one JSON object.

30% of the types are kept for the test, with all their rows. What is chosen is chosen by cross-validation over
whole types within the other 70% of the first split. The test parts were scored twice: with the better of the
two hierarchies, and when the forest had joined them, with what is chosen now.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import GroupShuffleSplit

import metrics
from dataset import Rows
from encoding import Matrix
from learners import hierarchy
from studies import spot_advisor_data as data
from studies import spot_advisor_kin
from studies.spot_advisor_data import BANDS, Codes, Offer
from studies.spot_advisor_neighbours import Market

Array = NDArray[Any]
TEST, SPLITS, FOLDS = 0.3, 5, 4
FIXED = {
    "hold_out": "instance_type",
    "chains": "region>series>generation>family;series>generation>family;region>size",
    "folds": "5",
    "bagging_fraction": "0.7",
    "lambda_l2": "5",
    "num_boost_round": "500",
}
TREES = 300
FOREST: Mapping[str, str] = {"way": "extra trees", "min_samples_leaf": "4", "max_features": "0.3"}
CANDIDATES: tuple[Mapping[str, str], ...] = (
    FOREST,
    {"num_leaves": "15", "learning_rate": "0.08", "feature_fraction": "0.3", "min_child_samples": "40"},
    {"num_leaves": "23", "learning_rate": "0.04", "feature_fraction": "0.2", "min_child_samples": "20"},
)


def study(folder: Path) -> dict[str, Any]:
    """Every figure of the study."""
    offers = data.load(folder)
    told = spot_advisor_kin.savings(offers, data.load(folder, "Windows"))
    kinds = np.array([each.instance_type for each in offers])
    splits = [
        next(GroupShuffleSplit(1, test_size=TEST, random_state=seed).split(kinds, groups=kinds))
        for seed in range(SPLITS)
    ]
    chosen, tried = _chosen(offers, told, kinds, splits[0][0])
    parts = [_judged(offers, told, known, asked, chosen) for known, asked in splits]
    ways = parts[0]
    return {
        "rows": len(offers),
        "types": len(np.unique(kinds)),
        "test_rows": [len(asked) for _, asked in splits],
        "cross_validation": tried,
        "chosen": chosen,
        "first_split": ways,
        "all_splits": {
            way: {
                name: {
                    "mean": round(float(np.mean([part[way][name] for part in parts])), 4),
                    "deviation": round(float(np.std([part[way][name] for part in parts])), 4),
                }
                for name in ways[way]
            }
            for way in ways
        },
    }


def _chosen(
    offers: list[Offer], told: Matrix, kinds: NDArray[np.str_], known: Codes
) -> tuple[Mapping[str, str], list[dict[str, Any]]]:
    """By accuracy on types that were left out, within the `known` rows."""
    names, place = np.unique(kinds[known], return_inverse=True)
    fold = (np.random.default_rng(0).permutation(len(names)) % FOLDS)[place]
    tried: list[dict[str, Any]] = []
    for candidate in CANDIDATES:
        answers = np.zeros((len(known), len(BANDS)))
        for each in range(FOLDS):
            held = fold == each
            answers[held] = answered(offers, told, known[~held], known[held], candidate)
        tried.append({**candidate, **_told(_bands(offers, known), answers)})
    best = int(np.argmax([each["accuracy"] for each in tried]))
    return CANDIDATES[best], tried


def _judged(
    offers: list[Offer], told: Matrix, known: Codes, asked: Codes, chosen: Mapping[str, str]
) -> dict[str, Any]:
    truth = _bands(offers, asked)
    every = np.bincount(_bands(offers, known), minlength=len(BANDS))
    return {
        "majority": _labelled(truth, np.full(len(asked), int(every.argmax()))),
        "region_family_mode": _labelled(truth, _modes(offers, known, asked)),
        "model": _told(truth, answered(offers, told, known, asked, chosen)),
    }


def answered(
    offers: list[Offer], told: Matrix, known: Codes, asked: Codes, given: Mapping[str, str]
) -> Array:
    """Probabilities (asked, bands); `told` is what savings tell of each offer."""
    market, inputs = Market.of(offers), data.inputs(offers)
    if "way" in given:
        return _by_forest(offers, market, told, known, asked, given)

    def rows(chosen: Codes) -> Rows:
        features = np.hstack((inputs[chosen], market.columns(known, chosen)))
        target = _bands(offers, chosen).astype(np.float32)
        return Rows(features, target, target, np.arange(len(chosen)))

    train, test = rows(known), rows(asked)
    contract = data.contract(train.features.shape[1] - inputs.shape[1])
    model, _ = hierarchy.fit(train, test, contract, {**FIXED, **given}, report=_silent, identity="")
    return model.predict(test.features)


def _by_forest(
    offers: list[Offer],
    market: Market,
    told: Matrix,
    known: Codes,
    asked: Codes,
    given: Mapping[str, str],
) -> Array:
    """Extremely randomised trees over numbers, neighbours, wider groups and savings; no name is read."""
    numbers = data.inputs(offers)[:, len(data.NAMES) :]
    train, test = (
        np.nan_to_num(
            np.hstack(
                (
                    numbers[of],
                    market.columns(known, of),
                    spot_advisor_kin.groups(offers, known, of),
                    told[of],
                )
            ),
            nan=-99,
        )
        for of in (known, asked)
    )
    forest = ExtraTreesClassifier(
        TREES,
        min_samples_leaf=int(given["min_samples_leaf"]),
        max_features=float(given["max_features"]),
        random_state=0,
    )
    found: Array = forest.fit(train, _bands(offers, known)).predict_proba(test)
    return found


def _modes(offers: list[Offer], known: Codes, asked: Codes) -> Codes:
    """The commonest band of the family in the region, the lower of two; of all where it has none there."""
    counts: dict[tuple[str, str], Array] = {}
    every = np.zeros(len(BANDS))
    for place in known:
        each = offers[place]
        every[each.band] += 1
        counts.setdefault((each.region, each.family), np.zeros(len(BANDS)))[each.band] += 1
    return np.array([counts.get((offers[p].region, offers[p].family), every).argmax() for p in asked])


def _bands(offers: list[Offer], chosen: Codes) -> Codes:
    return np.array([offers[place].band for place in chosen])


def _told(truth: Codes, answers: Array) -> dict[str, float]:
    told = _labelled(truth, answers.argmax(axis=1))
    return {**told, "log_loss": round(metrics.log_loss(truth, answers), 4)}


def _labelled(truth: Codes, labels: Codes) -> dict[str, float]:
    matrix = metrics.confusion(truth, labels, len(BANDS))
    return {
        "accuracy": round(float(np.mean(truth == labels)), 4),
        "macro_f1": round(metrics.macro_f1(matrix), 4),
    }


def _silent(metric: str, score: float) -> None:
    """The study prints one object and nothing else."""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give the folder that holds spot_advisor.csv.gz")
    print(json.dumps(study(Path(sys.argv[1])), indent=1))
