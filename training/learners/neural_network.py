"""A small multilayer perceptron; see learners/xgboost.py for the protocol.

scikit-learn finds the weights; predicting, saving and exporting need numpy alone. It is trained in seconds,
so no checkpoints are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import metrics
import onnx_file
from catalog.contract import Contract
from dataset import Rows
from encoding import Matrix
from learners import neural_network_epochs, neural_network_settings
from learners.neural_network_layers import Layers, known
from validation import METRIC

FILE = "network.npz"
TITLE = "Neural network"
VERSION = version("scikit-learn")
OF_NUMBERS = "validation:rmse"


@dataclass(frozen=True)
class Model:
    """`classes` is 0 for a number; `shares` (columns,) is what `importance` tells."""

    layers: Layers
    classes: int
    shares: Matrix

    def predict(self, inputs: Matrix) -> Matrix:
        """Probabilities (n, classes), or values (n,)."""
        return _answers(self.layers, self.classes, inputs)

    def contributions(self, inputs: Matrix, labels: NDArray[np.int64] | None) -> Matrix:
        """How far each column moved the answer away from that of an average row (n, columns), to first order:
        gradient times input, of the log-odds of the row's label above the classes' mean, or of the value."""
        return _contributions(self.layers, self.classes, inputs, labels)

    def importance(self) -> list[float]:
        """Share of the mean size of the contributions on the validation rows that each column brought."""
        return [round(float(share), 6) for share in self.shares]

    def save(self, folder: Path) -> None:
        with (folder / FILE).open("wb") as file:
            np.savez_compressed(file, shares=self.shares, **self.layers.arrays())  # type: ignore[arg-type]

    def onnx(self, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that compute `output`, as `predict` does, from the scaled features `source`."""
        if not self.classes:
            return self.layers.onnx(source, output)
        nodes, constants = self.layers.onnx(source, f"{output}_odds")
        return [*nodes, onnx_file.node("Softmax", [f"{output}_odds"], output, axis=1)], constants


def load(folder: Path, contract: Contract) -> Model:
    with np.load(folder / FILE, allow_pickle=False) as stored:
        arrays = dict(stored)
    return Model(Layers.taken(arrays), len(contract.target.classes), arrays["shares"])


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
    """The network of the best pass on `validation`, and what happened.

    `given` are hyperparameters as text; JobError names those that are not known or not usable.
    """
    settings = neural_network_settings.read(given, contract.target)
    classes = len(contract.target.classes)
    metric = METRIC if classes else OF_NUMBERS
    found = neural_network_epochs.run(
        train,
        validation,
        classes,
        settings,
        lambda layers, rows: _loss(layers, classes, rows),
        lambda score: report(metric, score),
    )
    log = {
        "metric": metric,
        "best_score": found.score,
        "best_iteration": found.best,
        "resumed_at": 0,
        "hyperparameters": settings.as_text(),
    }
    return Model(found.layers, classes, _shares(found.layers, classes, validation.features)), log


def _answers(layers: Layers, classes: int, inputs: Matrix) -> Matrix:
    odds = layers.outputs(inputs)
    if not classes:
        return odds[:, 0]
    shares = np.exp(odds - odds.max(axis=1, keepdims=True))
    found: Matrix = shares / shares.sum(axis=1, keepdims=True)
    return found


def _loss(layers: Layers, classes: int, rows: Rows) -> float:
    answers = _answers(layers, classes, rows.features)
    if classes:
        return metrics.log_loss(rows.target.astype(np.int64), answers)
    return metrics.regression(rows.target, answers)["rmse"]


def _contributions(layers: Layers, classes: int, inputs: Matrix, labels: NDArray[np.int64] | None) -> Matrix:
    chosen = np.ones((len(inputs), 1), np.float32)
    if labels is not None:
        chosen = np.eye(classes, dtype=np.float32)[labels] - np.float32(1 / classes)
    found: Matrix = layers.gradients(inputs, chosen) * known(inputs)
    return found


def _shares(layers: Layers, classes: int, inputs: Matrix) -> Matrix:
    labels = _answers(layers, classes, inputs).argmax(axis=1) if classes else None
    size = np.abs(_contributions(layers, classes, inputs, labels)).mean(axis=0)
    shares: Matrix = size / (size.sum() or 1.0)
    return shares
