"""Gradient boosted trees.

A learner has `fit`, which returns a model and a log of the training, and `load`. A model has `predict`,
`contributions`, `importance`, `save` and `onnx`; it reads scaled features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from dataset import Rows
from encoding import Matrix
from jobs import JobError
from learners import xgboost_explain, xgboost_onnx, xgboost_settings
from learners.xgboost_library import xgb
from learners.xgboost_rounds import Rounds, best_round, best_score, latest

FILE = "model.ubj"
VERSION = str(xgb.__version__)


@dataclass(frozen=True)
class Model:
    """A booster of `classes` classes, 0 for a number."""

    booster: Any
    classes: int

    def predict(self, inputs: Matrix) -> Matrix:
        """Probabilities (n, classes), or values (n,)."""
        answers: Matrix = self.booster.inplace_predict(np.ascontiguousarray(inputs), validate_features=False)
        return answers

    def contributions(self, inputs: Matrix, labels: NDArray[np.int64] | None) -> Matrix:
        """How far each feature moved each answer from the average, (n, features): log-odds of the row's
        label, or the target's unit (SHAP values)."""
        if labels is None:
            return xgboost_explain.of(self.booster, inputs)
        return xgboost_explain.contributions(self._per_class, inputs, labels)

    @cached_property
    def _per_class(self) -> list[Any]:
        return xgboost_explain.per_class(self.booster, self.classes)

    def importance(self) -> list[float]:
        """Share of the total gain that each feature brought, in column order."""
        gain = self.booster.get_score(importance_type="total_gain")
        shares = np.array([gain.get(f"f{i}", 0.0) for i in range(self.booster.num_features())])
        return [round(float(share), 6) for share in shares / (shares.sum() or 1.0)]

    def save(self, folder: Path) -> None:
        self.booster.save_model(folder / FILE)

    def onnx(self, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that compute `output`, as `predict` does, from the scaled features `source`."""
        return xgboost_onnx.nodes(self.booster, self.classes, source, output), []


def load(folder: Path, contract: Contract) -> Model:
    booster = xgb.Booster(model_file=folder / FILE)
    booster.set_param({"nthread": 1})
    return Model(booster, len(contract.target.classes))


def fit(
    train: Rows,
    validation: Rows,
    contract: Contract,
    given: Mapping[str, str],
    *,
    report: Callable[[str, float], None],
    identity: str,
    checkpoints: Path | None = None,
) -> tuple[Model, dict[str, Any]]:
    """The model of the best round on `validation`, and what happened.

    `given` are hyperparameters as text; JobError names those that are not known or not usable. The training
    that `identity` names goes on from the last of its `checkpoints`.
    """
    settings = xgboost_settings.read(given, contract.target, len(train))
    metric = f"validation:{settings.booster['eval_metric']}"
    resumed = latest(checkpoints, identity)
    done = resumed.num_boosted_rounds() if resumed else 0
    rounds = Rounds(settings.patience, lambda score: report(metric, score), identity, checkpoints)
    try:
        parts = _matrices(train, validation, settings)
        booster = xgb.train(
            settings.booster,
            parts[0],
            max(settings.rounds - done, 0),
            evals=[(parts[1], "validation")],
            xgb_model=resumed,
            callbacks=[rounds],
            verbose_eval=False,
        )
    except xgb.core.XGBoostError as error:
        raise JobError(f"xgboost refuses {settings.booster}: {_reason(error)}") from None
    best = best_round(booster)
    log = {
        "metric": metric,
        "best_score": best_score(booster),
        "best_iteration": best,
        "resumed_at": done,
        "hyperparameters": settings.as_text(),
    }
    return Model(booster[: best + 1], len(contract.target.classes)), log


def _matrices(train: Rows, validation: Rows, settings: xgboost_settings.Settings) -> tuple[Any, Any]:
    threads, bins = settings.booster["nthread"], settings.booster["max_bin"]
    weight = settings.row_weights(train.target)
    first = xgb.QuantileDMatrix(train.features, train.target, weight=weight, nthread=threads, max_bin=bins)
    second = xgb.QuantileDMatrix(
        validation.features, validation.target, ref=first, nthread=threads, max_bin=bins
    )
    return first, second


def _reason(error: Exception) -> str:
    """The message without the library's stack."""
    lines = [line.strip() for line in str(error).split("Stack trace")[0].splitlines()]
    return " ".join(line for line in lines if line)
