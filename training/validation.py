"""How a fit without rounds is judged and told of: once, on the validation rows, which decide nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import metrics
from dataset import Rows

METRIC = "validation:mlogloss"


def judged(
    model: Any,
    validation: Rows,
    report: Callable[[str, float], None],
    *,
    iteration: int,
    hyperparameters: Mapping[str, str],
) -> dict[str, Any]:
    """The log of a classifier's fit that ended at `iteration`."""
    score = metrics.log_loss(validation.target.astype(np.int64), model.predict(validation.features))
    report(METRIC, score)
    return {
        "metric": METRIC,
        "best_score": score,
        "best_iteration": iteration,
        "resumed_at": 0,
        "hyperparameters": dict(hyperparameters),
    }
