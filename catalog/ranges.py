"""The search space that XGBoost models share."""

from catalog.spec import Continuous, Integer

XGBOOST_RANGES = (
    Continuous("eta", 0.01, 0.3, "Logarithmic"),
    Integer("max_depth", 3, 10),
    Continuous("min_child_weight", 1, 10),
    Continuous("subsample", 0.5, 1),
    Continuous("colsample_bytree", 0.5, 1),
    Continuous("gamma", 0, 5),
    Continuous("alpha", 0, 2),
    Continuous("lambda", 0, 2),
)
