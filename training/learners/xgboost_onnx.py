"""A booster's trees as ONNX operators."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import onnx_file

WIDTH = "quantiles"
"""Name of the constant that says how many quantiles are put in order."""


def nodes(booster: Any, classes: int, quantiles: int, source: str, output: str) -> list[bytes]:
    """Nodes from scaled features to probabilities (n, classes), quantiles (n, quantiles) that do not cross,
    or values (n, 1) where both counts are 0."""
    learner = json.loads(booster.save_raw("json"))["learner"]
    trees, groups = (
        learner["gradient_booster"]["model"]["trees"],
        learner["gradient_booster"]["model"]["tree_info"],
    )
    width = classes or quantiles or 1
    margin = f"{output}_margin" if classes or quantiles else output
    attributes = {**_branches(trees), **_leaves(trees, groups)}
    base = np.broadcast_to(np.array(_base(learner), np.float32), width)
    found = [
        onnx_file.node(
            "TreeEnsembleRegressor",
            [source],
            margin,
            "ai.onnx.ml",
            n_targets=width,
            base_values=base,
            **attributes,
        )
    ]
    if classes:
        found.append(onnx_file.node("Softmax", [margin], output, axis=1))
    if quantiles:
        outputs = [output, f"{output}_places"]
        found.append(onnx_file.node("TopK", [margin, WIDTH], outputs, axis=1, largest=0, sorted=1))
    return found


def constants(quantiles: int) -> list[bytes]:
    """What the nodes read beside the features."""
    return [onnx_file.constant(WIDTH, np.array([quantiles]))] if quantiles else []


def _base(learner: dict[str, Any]) -> list[float]:
    """What every answer starts from; a list in recent versions, a number in older ones."""
    base = json.loads(learner["learner_model_param"]["base_score"])
    return base if isinstance(base, list) else [base]


def _branches(trees: list[dict[str, Any]]) -> dict[str, Any]:
    left = _joined(trees, "left_children")
    leaf = left < 0
    sizes = [len(tree["left_children"]) for tree in trees]
    return {
        "nodes_treeids": np.repeat(np.arange(len(trees)), sizes),
        "nodes_nodeids": np.concatenate([np.arange(size) for size in sizes]),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LT").tolist(),
        "nodes_featureids": np.where(leaf, 0, _joined(trees, "split_indices")),
        "nodes_values": np.where(leaf, 0, _joined(trees, "split_conditions", np.float32)),
        "nodes_truenodeids": np.where(leaf, 0, left),
        "nodes_falsenodeids": np.where(leaf, 0, _joined(trees, "right_children")),
        "nodes_missing_value_tracks_true": _joined(trees, "default_left"),
    }


def _leaves(trees: list[dict[str, Any]], groups: list[int]) -> dict[str, Any]:
    leaf = [np.flatnonzero(np.array(tree["left_children"]) < 0) for tree in trees]
    counts = [len(found) for found in leaf]
    values = [
        np.array(tree["split_conditions"], np.float32)[found] for tree, found in zip(trees, leaf, strict=True)
    ]
    return {
        "target_treeids": np.repeat(np.arange(len(trees)), counts),
        "target_nodeids": np.concatenate(leaf),
        "target_ids": np.repeat(np.array(groups), counts),
        "target_weights": np.concatenate(values),
    }


def _joined(trees: list[dict[str, Any]], field: str, kind: Any = np.int64) -> Any:
    return np.concatenate([np.array(tree[field], kind) for tree in trees])
