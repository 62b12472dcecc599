"""A booster's trees as ONNX operators, read from the library's own text format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import onnx_file
from onnx_trees import at_most

DEFAULT_LEFT, MISSING_SHIFT, NAN_IS_MISSING = 2, 2, 2
"""Bits of a node's `decision_type`: where missing values go, and, shifted, what counts as missing."""


@dataclass(frozen=True)
class Tree:
    """Branches first, then leaves, which answer `values`. A row goes `left` where its `feature` is at most
    `threshold`, or is missing and `missing_left`."""

    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, fields: dict[str, str]) -> Tree:
        """From the lines of one tree; a tree without branches leaves those out."""
        threshold, kind = _numbers(fields, "threshold"), _numbers(fields, "decision_type").astype(np.int64)
        # where the training rows had no missing value, a missing one counts as 0
        left_at_zero = threshold >= 0
        follows = kind >> MISSING_SHIFT & 3 == NAN_IS_MISSING
        return cls(
            feature=_numbers(fields, "split_feature").astype(np.int64),
            threshold=at_most(threshold),
            left=_places(fields, "left_child"),
            right=_places(fields, "right_child"),
            missing_left=np.where(follows, kind & DEFAULT_LEFT > 0, left_at_zero),
            values=_numbers(fields, "leaf_value"),
        )

    @property
    def size(self) -> int:
        return len(self.feature) + len(self.values)


def trees(text: str) -> list[Tree]:
    """Of a model in LightGBM's text format, round after round, within a round class after class."""
    parts = text.partition("\nend of trees")[0].split("\nTree=")[1:]
    return [Tree.of(dict(line.split("=", 1) for line in part.splitlines() if "=" in line)) for part in parts]


def nodes(text: str, classes: int, source: str, output: str) -> list[bytes]:
    """Nodes from scaled features to probabilities (n, classes), or to values (n, 1) where there are none.

    Of two classes the trees tell the second one's log-odds; the first one's are 0.
    """
    margin, grown = f"{output}_margin" if classes else output, trees(text)
    found = [ensemble(grown, of_classes(len(grown), classes), classes or 1, source, margin)]
    if classes:
        found.append(onnx_file.node("Softmax", [margin], output, axis=1))
    return found


def of_classes(count: int, classes: int) -> NDArray[np.int64]:
    """The class that each of `count` trees speaks of."""
    return np.ones(count, np.int64) if classes == 2 else np.arange(count) % (classes or 1)


def ensemble(
    grown: Sequence[Tree], group: NDArray[np.int64], targets: int, source: str, output: str
) -> bytes:
    """The node that sums the trees of each group (trees,): (n, targets)."""
    return onnx_file.node(
        "TreeEnsembleRegressor",
        [source],
        output,
        "ai.onnx.ml",
        n_targets=targets,
        **_branches(grown),
        **_leaves(grown, group),
    )


def _branches(grown: Sequence[Tree]) -> dict[str, Any]:
    is_leaf = np.concatenate([np.arange(tree.size) >= len(tree.feature) for tree in grown])
    return {
        "nodes_treeids": np.repeat(np.arange(len(grown)), [tree.size for tree in grown]),
        "nodes_nodeids": np.concatenate([np.arange(tree.size) for tree in grown]),
        "nodes_modes": np.where(is_leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_featureids": _padded(grown, "feature"),
        "nodes_values": _padded(grown, "threshold"),
        "nodes_truenodeids": _padded(grown, "left"),
        "nodes_falsenodeids": _padded(grown, "right"),
        "nodes_missing_value_tracks_true": _padded(grown, "missing_left").astype(np.int64),
    }


def _leaves(grown: Sequence[Tree], group: NDArray[np.int64]) -> dict[str, Any]:
    counts = [len(tree.values) for tree in grown]
    return {
        "target_treeids": np.repeat(np.arange(len(grown)), counts),
        "target_nodeids": np.concatenate([len(tree.feature) + np.arange(len(tree.values)) for tree in grown]),
        "target_ids": np.repeat(group, counts),
        "target_weights": np.concatenate([tree.values for tree in grown]),
    }


def _padded(grown: Sequence[Tree], field: str) -> NDArray[Any]:
    """The branches' values, 0 for leaves."""
    return np.concatenate([np.pad(getattr(tree, field), (0, len(tree.values))) for tree in grown])


def _numbers(fields: dict[str, str], name: str) -> NDArray[np.float64]:
    return np.array(fields.get(name, "").split(), np.float64)


def _places(fields: dict[str, str], name: str) -> NDArray[np.int64]:
    """Node numbers of children: the library gives leaves the numbers -1, -2, ..."""
    child = _numbers(fields, name).astype(np.int64)
    return np.where(child < 0, len(child) + ~child, child)
