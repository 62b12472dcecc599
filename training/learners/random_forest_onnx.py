"""A forest's trees as one ONNX operator."""

from __future__ import annotations

from typing import Any

import numpy as np

import onnx_file
from learners.random_forest_trees import Trees


def nodes(trees: Trees, source: str, output: str) -> list[bytes]:
    """Nodes from scaled features to probabilities (n, classes): each leaf adds its share of the mean."""
    found = onnx_file.node(
        "TreeEnsembleRegressor",
        [source],
        output,
        "ai.onnx.ml",
        n_targets=trees.shares.shape[1],
        **_branches(trees),
        **_leaves(trees),
    )
    return [found]


def _branches(trees: Trees) -> dict[str, Any]:
    first = np.repeat(trees.roots, trees.sizes)
    is_leaf = trees.leaf >= 0
    return {
        "nodes_treeids": np.repeat(np.arange(len(trees.roots)), trees.sizes),
        "nodes_nodeids": np.arange(len(first)) - first,
        "nodes_modes": np.where(is_leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_featureids": trees.feature,
        "nodes_values": trees.threshold,
        "nodes_truenodeids": np.where(is_leaf, 0, trees.left - first),
        "nodes_falsenodeids": np.where(is_leaf, 0, trees.right - first),
        "nodes_missing_value_tracks_true": trees.missing_left.astype(np.int64),
    }


def _leaves(trees: Trees) -> dict[str, Any]:
    """Of each leaf the classes that it holds at all."""
    leaf, label = np.nonzero(trees.shares)
    tree = np.repeat(np.arange(len(trees.roots)), trees.sizes)
    at = np.flatnonzero(trees.leaf >= 0)[leaf]
    return {
        "target_treeids": tree[at],
        "target_nodeids": at - trees.roots[tree[at]],
        "target_ids": label,
        "target_weights": trees.shares[leaf, label] / len(trees.roots),
    }
