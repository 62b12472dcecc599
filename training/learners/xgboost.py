"""Gradient boosted trees.

A learner has `fit`, which returns a model and a log of the training, `load`, and a `TITLE` for readers. A
model has `predict`, `contributions`, `importance`, `save` and `onnx`; it reads scaled features. A forecast
is learned as the change against the current value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract, Target
from dataset import Rows
from encoding import Matrix
from jobs import JobError
from learners import xgboost_explain, xgboost_onnx, xgboost_settings
from learners.xgboost_level import Level
from learners.xgboost_library import xgb
from learners.xgboost_rounds import Rounds, best_round, best_score, latest

FILE = "model.ubj"
TITLE = "XGBoost"
VERSION = str(xgb.__version__)
PRINTED = {"quantile": "pinball"}
"""What a metric is called where the library's word is another."""


@dataclass(frozen=True)
class Model:
    """A booster of `classes` classes, 0 for a number; of `quantiles` quantiles, 0 for a single value.

    Where there is a `level`, the booster answers how far the value moves away from it.
    """

    booster: Any
    classes: int
    quantiles: int = 0
    level: Level | None = None

    @classmethod
    def of(cls, booster: Any, target: Target) -> Model:
        level = Level.kept(booster) if target.ahead_of else None
        return cls(booster, len(target.classes), len(target.quantiles), level)

    def predict(self, inputs: Matrix) -> Matrix:
        """Probabilities (n, classes), values (n,), or quantiles (n, quantiles) in rising order."""
        answers: Matrix = self.booster.inplace_predict(np.ascontiguousarray(inputs), validate_features=False)
        if self.quantiles:
            answers = np.sort(answers, axis=1)
        return answers + self.level.value(inputs) if self.level else answers

    def contributions(self, inputs: Matrix, labels: NDArray[np.int64] | None) -> Matrix:
        """How far each feature moved each answer from the average, (n, features): log-odds of the row's
        label, or the target's unit (SHAP values); of quantiles, the middle one."""
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
        answers = f"{output}_change" if self.level else output
        nodes = xgboost_onnx.nodes(self.booster, self.classes, self.quantiles, source, answers)
        constants = xgboost_onnx.constants(self.quantiles)
        if not self.level:
            return nodes, constants
        last, numbers = self.level.onnx(answers, source, output)
        return [*nodes, *last], [*constants, *numbers]


def load(folder: Path, contract: Contract) -> Model:
    booster = xgb.Booster(model_file=folder / FILE)
    booster.set_param({"nthread": 1})
    return Model.of(booster, contract.target)


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
    metric = f"validation:{PRINTED.get(settings.booster['eval_metric'], settings.booster['eval_metric'])}"
    level = Level.of(train, contract) if contract.target.ahead_of else None
    resumed = latest(checkpoints, identity)
    done = resumed.num_boosted_rounds() if resumed else 0
    rounds = Rounds(settings.patience, lambda score: report(metric, score), identity, checkpoints)
    try:
        parts = _matrices(_changes(train, level), _changes(validation, level), settings)
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
    chosen = booster[: best + 1]
    if level:
        level.keep(chosen)
    return Model.of(chosen, contract.target), log


def _changes(rows: Rows, level: Level | None) -> Rows:
    """The rows as the trees learn them: of a forecast, how far the value moved away from the current one."""
    if level is None:
        return rows
    current = level.value(rows.features)[:, 0]
    return replace(rows, target=rows.target - current).take(np.flatnonzero(np.isfinite(current)))


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
