"""The metrics that SageMaker scrapes by itself from the images of its own algorithms.

It counts the XGBoost image among them in script mode too: it refuses metric definitions, and hyperparameters
to tune that the algorithm does not know (github.com/aws/sagemaker-python-sdk/issues/2226).
"""

from __future__ import annotations

from typing import Any

from local.sagemaker.errors import invalid

_METRICS = (
    *("accuracy", "auc", "error", "f1", "f1_binary", "f1_macro", "logloss", "mae", "map", "mape", "merror"),
    *(
        "mlogloss",
        "mse",
        "ndcg",
        "rmse",
        "rmsle",
        "aucpr",
        "gamma-nloglik",
        "poisson-nloglik",
        "tweedie-nloglik",
    ),
)
_TUNABLE = frozenset(
    (
        *("alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "eta", "gamma", "lambda"),
        *("max_delta_step", "max_depth", "min_child_weight", "num_round", "subsample"),
    )
)


def is_builtin(algorithm: dict[str, Any]) -> bool:
    return "/sagemaker-xgboost:" in algorithm.get("TrainingImage", "")


def definitions(algorithm: dict[str, Any]) -> list[dict[str, str]]:
    """The metric definitions a job runs with: the request's, or the image's own."""
    if not is_builtin(algorithm):
        return list(algorithm.get("MetricDefinitions", []))
    return [_definition(part, name) for part in ("train", "validation") for name in _METRICS]


def refuse(algorithm: dict[str, Any], tuned: list[str]) -> None:
    """As SageMaker refuses what does not go with an image of its own."""
    if not is_builtin(algorithm):
        return
    if algorithm.get("MetricDefinitions"):
        raise invalid("You can't override the metric definitions for Amazon SageMaker algorithms.")
    unknown = sorted(set(tuned) - _TUNABLE)
    if unknown:
        raise invalid(f"These hyperparameters are not tunable in this algorithm: {unknown}.")


def _definition(part: str, name: str) -> dict[str, str]:
    number = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
    return {"Name": f"{part}:{name}", "Regex": rf".*\[[0-9]+\].*#011{part}-{name}:{number}.*"}
