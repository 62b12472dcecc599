"""Random forest: the mean of many trees, each grown on a sample of the rows and a few columns at each branch.

scikit-learn grows the trees; predicting, saving and exporting need numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from dataset import Rows
from encoding import Matrix
from learners import random_forest_onnx, random_forest_settings
from learners.random_forest_trees import Trees
from validation import judged

FILE, GAINS = "forest.npz", "importance.npy"
TITLE = "Random forest"
VERSION = version("scikit-learn")


@dataclass(frozen=True)
class Model:
    """`gains` (columns,): the share of the impurity that each column took away."""

    trees: Trees
    gains: NDArray[np.float64]

    def predict(self, inputs: Matrix) -> Matrix:
        """Probabilities (n, classes)."""
        return self.trees.predict(inputs)

    def contributions(self, inputs: Matrix, labels: NDArray[np.int64] | None) -> Matrix:
        raise NotImplementedError("a random forest does not explain single answers; see its importance")

    def importance(self) -> list[float]:
        """Share of the impurity that each column took away, in column order."""
        return [round(float(share), 6) for share in self.gains]

    def save(self, folder: Path) -> None:
        self.trees.save(folder / FILE)
        np.save(folder / GAINS, self.gains, allow_pickle=False)

    def onnx(self, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that compute `output`, as `predict` does, from the scaled features `source`."""
        return random_forest_onnx.nodes(self.trees, source, output), []


def load(folder: Path, contract: Contract) -> Model:  # noqa: ARG001
    return Model(Trees.load(folder / FILE), np.load(folder / GAINS, allow_pickle=False))


def fit(
    train: Rows,
    validation: Rows,
    contract: Contract,
    given: Mapping[str, str],
    *,
    report: Callable[[str, float], None],
    identity: str,  # noqa: ARG001
    checkpoints: Path | None = None,  # noqa: ARG001
) -> tuple[Model, dict[str, Any]]:
    """The forest grown on `train`, and what happened; `validation` judges it and decides nothing.

    `given` are hyperparameters as text; JobError names those that are not known or not usable. A forest is
    grown in seconds, so it keeps no checkpoints.
    """
    from sklearn.ensemble import RandomForestClassifier

    settings = random_forest_settings.read(given)
    labels, classes = train.target.astype(np.int64), len(contract.target.classes)
    forest = RandomForestClassifier(
        n_estimators=settings.n_estimators,
        max_depth=settings.max_depth,
        min_samples_leaf=settings.min_samples_leaf,
        max_features=settings.max_features,
        max_leaf_nodes=settings.max_leaf_nodes,
        class_weight=None if settings.class_weight == "none" else settings.class_weight,
        random_state=settings.seed,
        n_jobs=1,
    ).fit(train.features, labels)
    trees = Trees.of([tree.tree_ for tree in forest.estimators_], forest.classes_, classes)
    model = Model(trees, forest.feature_importances_)
    last = settings.n_estimators - 1
    return model, judged(model, validation, report, iteration=last, hyperparameters=settings.as_text())
