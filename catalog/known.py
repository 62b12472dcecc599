"""What the training code offers to specs: learners, their hyperparameters, and the evaluation's metrics."""

LEARNERS = {
    "xgboost": (
        "eta",
        "max_depth",
        "min_child_weight",
        "subsample",
        "colsample_bytree",
        "gamma",
        "alpha",
        "lambda",
        "max_delta_step",
        "max_bin",
        "num_boost_round",
        "early_stopping_rounds",
    ),
}
"""Each learner and the hyperparameters of it that a range may search."""
CLASS_METRICS = {"accuracy": True, "macro_f1": True, "auc": True, "mlogloss": False}
NUMBER_METRICS = {"rmse": False, "mae": False, "r2": True}
"""What the evaluation tells of a target with classes, or of a number, and whether higher is better."""
