"""Why the chosen model answers as it does: SHAP values, and its answers over a grid of requests."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import shap
from numpy.typing import NDArray

from artifact import Artifact
from catalog.records.placement_request import LOAD_PATTERNS, TIME_WINDOWS, WORKLOADS
from dataset import Rows
from encoding import Columns, Encoder, Matrix
from studies import placement_steps as steps
from studies.placement_steps import CONTRACT, Run

TREES = ("xgboost", "lightgbm")
"""Learners whose own trees the library reads; of others it asks the ONNX export."""
EXPLAINED, ASKED, BACKGROUND, ROUNDS = 2000, 400, 50, 5
"""Requests explained by trees; by asking, beside so many training requests and in so many rounds."""
WEDNESDAY_MS = 1_767_744_000_000
"""2026-01-07T00:00Z."""
HOURS = dict(zip(TIME_WINDOWS, (3.0, 8.5, 12.5, 16.0, 21.0), strict=True))
"""The middle of each time window."""
PAYLOADS = 60
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reasons:
    """`values` (n, columns): how far each column moved a request's log-odds towards Lambda; `features` the
    same requests unscaled; `how` tells which explainer."""

    features: Matrix
    values: Array
    how: str

    @property
    def order(self) -> list[int]:
        """Columns, the one that moves answers most first."""
        return [int(each) for each in np.argsort(-np.abs(self.values).mean(axis=0), kind="stable")]


@cache
def explained(run: Run) -> Reasons:
    """Of the chosen model."""
    model = steps.model(run, steps.judged(run)["learner"])
    return explain(model, steps.rows(run, "train"), steps.rows(run, "test"))


def explain(model: Artifact, train: Rows, test: Rows) -> Reasons:
    """Of requests spread evenly over the test split."""
    trees = model.learner in TREES
    features = _some(test.features, EXPLAINED if trees else ASKED)
    if trees:
        return Reasons(features, _by_trees(model, features), "TreeExplainer on the model's own trees")
    values = _by_asking(model, _some(train.features, BACKGROUND), features)
    return Reasons(
        features, values, f"PermutationExplainer on the ONNX export, {BACKGROUND} training requests beside"
    )


def _some(features: Matrix, count: int) -> Matrix:
    places = np.linspace(0, len(features) - 1, min(len(features), count)).astype(int)
    found: Matrix = features[places]
    return found


def _by_trees(model: Artifact, features: Matrix) -> Array:
    explainer = shap.TreeExplainer(model.model.booster)
    with warnings.catch_warnings():  # of the form that its answers have had for years
        warnings.simplefilter("ignore", UserWarning)
        found = np.asarray(explainer.shap_values(model.scaler.apply(features)), float)
    # one set of log-odds for each class, or of the second class alone
    return found[:, :, 0] - found[:, :, 1] if found.ndim == 3 else -found


def _by_asking(model: Artifact, background: Matrix, features: Matrix) -> Array:
    session = steps.session(model)

    def log_odds(asked: NDArray[Any]) -> Array:
        chance = session.run(["probabilities"], {"features": asked.astype(np.float32)})[0].astype(float)
        chance = np.clip(chance, 1e-6, 1)
        found: Array = np.log(chance[:, 0]) - np.log(chance[:, 1])
        return found

    explainer = shap.PermutationExplainer(log_odds, background, seed=0)
    evaluations = ROUNDS * (2 * features.shape[1] + 1)
    return np.asarray(explainer(features, max_evals=evaluations, silent=True).values, float)


def payloads() -> Array:
    return np.geomspace(0.5, 10_240, PAYLOADS)


def map_of(model: Artifact) -> Array:
    """Chance of Lambda (workloads, windows, loads, payloads) on a Wednesday in the middle of each window."""
    shape = (len(WORKLOADS), len(TIME_WINDOWS), len(LOAD_PATTERNS), PAYLOADS)
    grid = np.array(list(product(*(range(size) for size in shape))))
    hours = np.array(list(HOURS.values()))[grid[:, 1]]
    columns = Columns(
        entity=np.arange(len(grid)),
        time=(WEDNESDAY_MS + hours * 3_600_000).astype(np.int64),
        values={
            "workload_type": grid[:, 0].astype(float),
            "payload_size_kb": payloads()[grid[:, 3]],
            "time_window": grid[:, 1].astype(float),
            "load_pattern": grid[:, 2].astype(float),
        },
    )
    features = Encoder.of(CONTRACT).features(columns)
    found: Array = model.predict(features)[:, 0].astype(float).reshape(shape)
    return found
