"""LightGBM: gradient boosted trees that grow by their best leaf; see learners/xgboost.py for the protocol.

Trees are trained in seconds, so no checkpoints are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from class_weights import row_weights
from dataset import Rows
from encoding import Matrix
from jobs import JobError
from learners import lightgbm_onnx, lightgbm_settings
from learners.lightgbm_library import lgb
from learners.lightgbm_settings import Settings

FILE = "lightgbm.txt"
TITLE = "LightGBM"
VERSION = str(lgb.__version__)
METRICS = {"multi_logloss": "mlogloss", "binary_logloss": "mlogloss"}
"""What a metric is called where the library's word is another."""
EVERY = 25
"""Rounds between reports."""


@dataclass(frozen=True)
class Model:
    """The library's own `text` of the trees, and the booster that reads it; `classes` is 0 for a number."""

    text: str
    booster: Any
    classes: int

    @classmethod
    def of(cls, text: str, classes: int) -> Model:
        return cls(text, lgb.Booster(model_str=text), classes)

    def predict(self, inputs: Matrix) -> Matrix:
        """Probabilities (n, classes), or values (n,)."""
        if not len(inputs):
            return np.empty((0, self.classes) if self.classes else 0, np.float32)
        answers: Matrix = self._ask(inputs).astype(np.float32)
        return np.stack((1 - answers, answers), axis=1) if self.classes == 2 else answers

    def contributions(self, inputs: Matrix, labels: NDArray[np.int64] | None) -> Matrix:
        """How far each feature moved each answer from the average, (n, features): log-odds of the row's
        label, or the target's unit (SHAP values)."""
        found: Matrix = self._ask(inputs, pred_contrib=True).astype(np.float32)
        if labels is None:
            return found[:, :-1]
        if self.classes == 2:
            return found[:, :-1] * np.where(labels == 1, 1, -1)[:, None]
        per_class = found.reshape(len(inputs), self.classes, -1)
        return per_class[np.arange(len(inputs)), labels, :-1]

    def importance(self) -> list[float]:
        """Share of the total gain that each feature brought, in column order."""
        gain = self.booster.feature_importance("gain")
        return [round(float(share), 6) for share in gain / (gain.sum() or 1.0)]

    def save(self, folder: Path) -> None:
        (folder / FILE).write_text(self.text)

    def onnx(self, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that compute `output`, as `predict` does, from the scaled features `source`."""
        return lightgbm_onnx.nodes(self.text, self.classes, source, output), []

    def _ask(self, inputs: Matrix, **what: bool) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self.booster.predict(np.ascontiguousarray(inputs), num_threads=1, **what)
        return found


def load(folder: Path, contract: Contract) -> Model:
    return Model.of((folder / FILE).read_text(), len(contract.target.classes))


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
    """The model of the best round on `validation`, and what happened.

    `given` are hyperparameters as text; JobError names those that are not known or not usable.
    """
    classes = len(contract.target.classes)
    settings = lightgbm_settings.read(given, contract.target)
    parameters = settings.booster(classes)
    metric = f"validation:{METRICS.get(parameters['metric'], parameters['metric'])}"
    try:
        booster = _boosted(train, validation, settings, classes, lambda score: report(metric, score))
    except lgb.basic.LightGBMError as error:
        raise JobError(f"LightGBM refuses {parameters}: {error}") from None
    log = {
        "metric": metric,
        "best_score": float(booster.best_score["validation"][parameters["metric"]]),
        "best_iteration": booster.best_iteration - 1,
        "resumed_at": 0,
        "hyperparameters": settings.as_text(),
    }
    return Model.of(booster.model_to_string(), classes), log


def _boosted(
    train: Rows,
    validation: Rows,
    settings: Settings,
    classes: int,
    report: Callable[[float], None],
) -> Any:
    """The booster, cut after its best round."""
    parameters = settings.booster(classes)

    def told(state: Any) -> None:
        if (state.iteration + 1) % EVERY == 0:
            report(float(state.evaluation_result_list[0][2]))

    weight = row_weights(settings.class_weight, train.target, classes)
    rows = lgb.Dataset(train.features, train.target, weight=weight, params=parameters)
    judged = lgb.Dataset(validation.features, validation.target, reference=rows, params=parameters)
    stop = lgb.early_stopping(settings.early_stopping_rounds, verbose=False)
    return lgb.train(
        parameters,
        rows,
        settings.num_boost_round,
        valid_sets=[judged],
        valid_names=["validation"],
        callbacks=[told, stop],
    )
