"""SHAP values of one class only.

The library computes them for every class, at the cost of every class's trees; an answer is explained by its
own class's trees alone. So a classifier is taken apart into one booster a class.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from learners.xgboost_library import xgb


def per_class(booster: Any, classes: int) -> list[Any]:
    """One booster for each class, whose answer is that class's log-odds."""
    whole = json.loads(booster.save_raw("json"))
    return [_only(whole, code) for code in range(classes)]


def contributions(boosters: list[Any], inputs: Matrix, labels: NDArray[np.int64]) -> Matrix:
    """How far each feature moved each row's label, (n, features), in log-odds."""
    found = np.zeros(inputs.shape, np.float32)
    for code in np.unique(labels):
        rows = labels == code
        found[rows] = of(boosters[code], inputs[rows])
    return found


def of(booster: Any, inputs: Matrix) -> Matrix:
    """How far each feature moved the answer, (n, features); of several quantiles, the middle one."""
    data = xgb.DMatrix(np.ascontiguousarray(inputs), nthread=1)
    found: Matrix = booster.predict(data, pred_contribs=True)
    return found[:, :-1] if found.ndim == 2 else found[:, found.shape[1] // 2, :-1]


def _only(whole: dict[str, Any], code: int) -> Any:
    learner = whole["learner"]
    model = learner["gradient_booster"]["model"]
    trees = [tree for tree, group in zip(model["trees"], model["tree_info"], strict=True) if group == code]
    part = {
        **model,
        "trees": [{**tree, "id": number} for number, tree in enumerate(trees)],
        "tree_info": [0] * len(trees),
        "iteration_indptr": list(range(len(trees) + 1)),
        "gbtree_model_param": {**model["gbtree_model_param"], "num_trees": str(len(trees))},
    }
    shape = {**learner["learner_model_param"], "num_class": "0", "base_score": "[0]"}
    alone = {
        **learner,
        "gradient_booster": {**learner["gradient_booster"], "model": part},
        "learner_model_param": shape,
        "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    booster = xgb.Booster(model_file=bytearray(json.dumps({**whole, "learner": alone}).encode()))
    booster.set_param({"nthread": 1})
    return booster
