"""What the training code offers to specs: learners, their hyperparameters, and the evaluation's metrics."""

from dataclasses import dataclass
from typing import Literal

Framework = Literal["xgboost", "scikit-learn", "pytorch"]
"""Whose SageMaker container trains."""


@dataclass(frozen=True)
class Learner:
    """A learner of training/learners/ and the hyperparameters of it that a range may search.

    `packages`, locked in requirements-<package>.txt, are what its container lacks: they travel in the bundle.
    `intervals`: its models tell the bounds of a risk.
    """

    framework: Framework
    hyperparameters: tuple[str, ...]
    packages: tuple[str, ...] = ()
    intervals: bool = False


BOOSTING = (
    "num_leaves",
    "learning_rate",
    "min_child_samples",
    "feature_fraction",
    "bagging_fraction",
    "lambda_l1",
    "lambda_l2",
    "num_boost_round",
    "early_stopping_rounds",
)
"""Of LightGBM, alone or behind pooled levels."""
LEARNERS = {
    "xgboost": Learner(
        "xgboost",
        (
            "eta",
            "max_depth",
            "min_child_weight",
            "subsample",
            "colsample_bytree",
            "colsample_bynode",
            "gamma",
            "alpha",
            "lambda",
            "max_delta_step",
            "max_bin",
            "num_boost_round",
            "early_stopping_rounds",
        ),
    ),
    "random_forest": Learner(
        "scikit-learn", ("n_estimators", "max_depth", "min_samples_leaf", "max_features")
    ),
    "lightgbm": Learner(
        "scikit-learn",
        (*BOOSTING, "max_bin"),
        packages=("lightgbm",),
    ),
    "hierarchy": Learner(
        "scikit-learn",
        ("pooling", "folds", *BOOSTING),
        packages=("lightgbm",),
        intervals=True,
    ),
    "neural_network": Learner(
        "scikit-learn", ("hidden", "layers", "learning_rate", "alpha", "batch_size", "epochs", "patience")
    ),
    "linear_text": Learner("scikit-learn", ("C",)),
    "lstm": Learner(
        "pytorch", ("hidden_size", "learning_rate", "dropout", "weight_decay", "batch_size", "epochs")
    ),
}
PRINTED_CLASS_METRICS = {"accuracy": True, "macro_f1": True, "auc": True, "mlogloss": False}
"""What a training job of classes prints of the validation split, and whether higher is better."""
FLOORS_ONLY = {"accuracy_gap": False, "top_importance": False, "balance": False}
"""What a sound model keeps low; being lower than another does not make a model better."""
CLASS_METRICS = {**PRINTED_CLASS_METRICS, **FLOORS_ONLY, "calibration_error": False}
PLACEMENT_METRICS = {**CLASS_METRICS, "regret": False, "extra_cost": False, "extra_latency_ms": False}
NUMBER_METRICS = {"rmse": False, "mae": False, "r2": True}
FORECAST_METRICS = {**NUMBER_METRICS, "r2_change": True, "pinball": False, "coverage": True}
"""What the evaluation tells of classes, of a number or of a forecast, and whether higher is better."""
