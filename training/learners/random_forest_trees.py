"""The trees of a forest as flat arrays: what is saved, what predicts, what the ONNX operator is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from onnx_trees import at_most

Whole = NDArray[np.int32]
ROWS = 2_000
"""Rows walked through all trees at a time."""


@dataclass(frozen=True)
class Trees:
    """All nodes of all trees, tree after tree, each tree's root first.

    A row goes `left` (a node number of the whole forest) where its `feature` is at most `threshold`, or is
    missing and `missing_left`. A leaf leads to itself. `leaf` (nodes,) is a leaf's row in `shares`
    (leaves, classes), -1 for a branch.
    """

    roots: Whole
    feature: Whole
    threshold: NDArray[np.float32]
    left: Whole
    right: Whole
    missing_left: NDArray[np.bool_]
    leaf: Whole
    shares: NDArray[np.float32]

    @classmethod
    def of(cls, grown: list[Any], codes: NDArray[np.int64], classes: int) -> Trees:
        """From scikit-learn's `tree_` objects, which hold a share for each of the class numbers `codes`."""
        sizes = np.array([tree.node_count for tree in grown])
        roots = np.cumsum(sizes) - sizes
        offset, own = np.repeat(roots, sizes), np.arange(sizes.sum())
        left, right = (_joined(grown, f"children_{side}") for side in ("left", "right"))
        is_leaf = left < 0
        shares = np.zeros((int(is_leaf.sum()), classes))
        shares[:, codes] = _joined(grown, "value")[is_leaf][:, 0]
        return cls(
            roots=roots.astype(np.int32),
            feature=np.where(is_leaf, 0, _joined(grown, "feature")).astype(np.int32),
            threshold=np.where(is_leaf, 0, at_most(_joined(grown, "threshold"))).astype(np.float32),
            left=np.where(is_leaf, own, left + offset).astype(np.int32),
            right=np.where(is_leaf, own, right + offset).astype(np.int32),
            missing_left=_joined(grown, "missing_go_to_left").astype(bool) & ~is_leaf,
            leaf=np.where(is_leaf, np.cumsum(is_leaf) - 1, -1).astype(np.int32),
            shares=(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32),
        )

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Nodes of each tree."""
        return np.diff(np.append(self.roots, len(self.feature)))

    def predict(self, inputs: Matrix) -> Matrix:
        """Mean of the trees' class shares (n, classes)."""
        parts = [self._walk(inputs[start : start + ROWS]) for start in range(0, len(inputs), ROWS)]
        return np.concatenate(parts) if parts else np.empty((0, self.shares.shape[1]), np.float32)

    def _walk(self, inputs: Matrix) -> Matrix:
        total = np.zeros((len(inputs), self.shares.shape[1]))
        rows = np.arange(len(inputs))
        for root in self.roots:
            node = np.full(len(inputs), root)
            while (self.leaf[node] < 0).any():
                value = inputs[rows, self.feature[node]]
                goes_left = (value <= self.threshold[node]) | (np.isnan(value) & self.missing_left[node])
                node = np.where(goes_left, self.left[node], self.right[node])
            total += self.shares[self.leaf[node]]
        found: Matrix = (total / len(self.roots)).astype(np.float32)
        return found

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez_compressed(file, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Trees:
        with np.load(path, allow_pickle=False) as stored:
            return cls(**{field.name: stored[field.name] for field in fields(cls)})


def _joined(grown: list[Any], field: str) -> NDArray[Any]:
    return np.concatenate([getattr(tree, field) for tree in grown])
