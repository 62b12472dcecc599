"""Partial pooling over levels of names, read by boosted trees; see learners/xgboost.py for the protocol.

Every level of every declared chain (region > family > instance type, say) becomes a column: what the target
was there, drawn to the level above by empirical Bayes (hierarchy_levels). LightGBM reads these columns beside
the numbers, once for each part that was held out (hierarchy_parts); the mean of these boosters answers, is
calibrated on what each had not seen, and tells how far it may be off (hierarchy_bounds).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import metrics
from catalog.contract import Contract
from dataset import Rows
from encoding import Matrix
from jobs import JobError
from learners import hierarchy_onnx, hierarchy_settings
from learners.hierarchy_bounds import Bounds
from learners.hierarchy_calibration import Calibration, log_odds
from learners.hierarchy_encoding import Pooling
from learners.hierarchy_files import from_json, to_json
from learners.hierarchy_levels import Array
from learners.hierarchy_parts import grow, margins
from learners.lightgbm_library import lgb

FILE, TREES = "hierarchy.json", "hierarchy-{}.txt"
TITLE = "Hierarchical pooling with boosted trees"
VERSION = str(lgb.__version__)


@dataclass(frozen=True)
class Model:
    """`texts` are the boosters as the library writes them; `classes` is 0 for a number. `calibration` and
    `bounds` are those of classes, the latter where the target has an interval."""

    pooling: Pooling
    texts: tuple[str, ...]
    boosters: tuple[Any, ...]
    classes: int
    calibration: Calibration | None
    bounds: Bounds | None

    @classmethod
    def of(
        cls,
        pooling: Pooling,
        texts: tuple[str, ...],
        classes: int,
        calibration: Calibration | None,
        bounds: Bounds | None,
    ) -> Model:
        boosters = tuple(lgb.Booster(model_str=text) for text in texts)
        return cls(pooling, texts, boosters, classes, calibration, bounds)

    def predict(self, inputs: Matrix) -> Matrix:
        """Probabilities (n, classes), or values (n,)."""
        if not len(inputs):
            return np.empty((0, self.classes) if self.classes else 0, np.float32)
        found = _mean(self._margins(inputs))
        if self.calibration is None:
            return found.astype(np.float32)
        return self.calibration.probabilities(found)

    def interval(self, inputs: Matrix) -> Matrix:
        """Bounds (n, 2) of the risk."""
        if self.bounds is None or self.calibration is None:
            raise ValueError("the model was trained for a target without an interval")
        each = self._margins(inputs)
        of_mean, of_each = (
            log_odds(self.calibration.probabilities(found), self.bounds.calm)
            for found in (_mean(each), np.stack(each, axis=1))
        )
        return self.bounds.around(of_mean, of_each, inputs)

    def contributions(self, inputs: Matrix, labels: NDArray[np.int64] | None) -> Matrix:
        """How far each feature moved each answer from the average, (n, features): log-odds of the label, or
        the target's unit (SHAP values); what a level moved is its name's."""
        encoded = self.pooling.encode(inputs)
        found = _mean([_moved(each, encoded, labels, self.classes) for each in self.boosters])
        slope = 1.0 if self.calibration is None else float(self.calibration.slope)
        return (self._by_owner(found, inputs.shape[1]) * slope).astype(np.float32)

    def importance(self) -> list[float]:
        """Share of the total gain that each feature brought, in column order."""
        gain = _mean([each.feature_importance("gain") for each in self.boosters])
        width = 1 + max(self.pooling.owners)
        return [
            round(float(share), 6) for share in self._by_owner(gain[None], width)[0] / (gain.sum() or 1.0)
        ]

    def save(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(to_json(self.pooling, self.calibration, self.bounds)))
        for place, text in enumerate(self.texts):
            (folder / TREES.format(place)).write_text(text)

    def onnx(self, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that compute `output`, as `predict` does, from the scaled features `source`,
        and `interval` where there are bounds."""
        graph = hierarchy_onnx.Graph(source, f"{output}_of")
        encoded = hierarchy_onnx.encoded(graph, self.pooling)
        margins = hierarchy_onnx.margins(graph, encoded, self.texts, self.classes)
        if self.calibration is None:
            hierarchy_onnx.mean(graph, margins, output)
            return graph.nodes, graph.constants
        mean = hierarchy_onnx.mean(graph, margins)
        hierarchy_onnx.probabilities(graph, mean, self.calibration, output)
        if self.bounds:
            each = hierarchy_onnx.probabilities(graph, margins, self.calibration)
            hierarchy_onnx.interval(graph, self.bounds, output, each, "interval")
        return graph.nodes, graph.constants

    def _margins(self, inputs: Matrix) -> list[Array]:
        """Of each booster."""
        encoded = self.pooling.encode(inputs)
        return [margins(each, encoded, self.classes) for each in self.boosters]

    def _by_owner(self, values: Array, width: int) -> Array:
        """Sums (n, width) over the encoded columns that were made of each input column."""
        found = np.zeros((len(values), width))
        for place, owner in enumerate(self.pooling.owners):
            found[:, owner] += values[:, place]
        return found


def load(folder: Path, contract: Contract) -> Model:
    pooling, calibration, bounds = from_json(json.loads((folder / FILE).read_text()))
    count = len(list(folder.glob(TREES.format("*"))))
    texts = tuple((folder / TREES.format(place)).read_text() for place in range(count))
    return Model.of(pooling, texts, len(contract.target.classes), calibration, bounds)


def fit(
    train: Rows,
    validation: Rows,
    contract: Contract,
    given: Mapping[str, str],
    *,
    report: Callable[[str, float], None],
    identity: str,  # noqa: ARG001
    checkpoints: Path | None = None,  # noqa: ARG001
) -> tuple[Model, dict[str, Any]]:
    """The model, and what happened; `validation` judges it and decides nothing.

    `given` are hyperparameters as text; JobError names those that are not known or not usable.
    """
    settings = hierarchy_settings.read(given, contract)
    try:
        grown = grow(train, contract, settings)
    except lgb.basic.LightGBMError as error:
        raise JobError(f"LightGBM refuses {settings.trees.as_text()}: {error}") from None
    classes = len(contract.target.classes)
    model = Model.of(grown.pooling, grown.texts, classes, grown.calibration, grown.bounds)
    answers, metric = (
        model.predict(validation.features),
        "validation:mlogloss" if classes else "validation:rmse",
    )
    judged = (
        metrics.log_loss(validation.target.astype(np.int64), answers)
        if classes
        else metrics.regression(validation.target, answers)["rmse"]
    )
    report(metric, judged)
    log = {
        "metric": metric,
        "best_score": judged,
        "best_iteration": max(grown.rounds) - 1,
        "resumed_at": 0,
        "hyperparameters": settings.as_text(),
        "pooling": grown.told,
    }
    return model, log


def _mean(parts: list[Array]) -> Array:
    found: Array = np.mean(parts, axis=0)
    return found


def _moved(booster: Any, encoded: Matrix, labels: NDArray[np.int64] | None, classes: int) -> Array:
    found: Array = booster.predict(encoded, pred_contrib=True, num_threads=1)
    if labels is None:
        return found[:, :-1]
    if classes == 2:
        return found[:, :-1] * np.where(labels == 1, 1, -1)[:, None]
    return found.reshape(len(encoded), classes, -1)[np.arange(len(encoded)), labels, :-1]
