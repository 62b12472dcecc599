"""Multinomial logistic regression, for texts as hashed n-gram columns.

scikit-learn finds the weights; predicting, saving and exporting need numpy alone. The solver (L-BFGS) draws
nothing at random, so there is no seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import hyperparameters
import onnx_file
from catalog.contract import Contract
from dataset import Rows
from encoding import Matrix
from hyperparameters import choice, positive
from jobs import JobError
from validation import judged

FILE = "linear.npz"
TITLE = "Logistic regression"
VERSION = version("scikit-learn")
KINDS = {"C": positive(), "class_weight": choice("none", "balanced")}
DEFAULTS = {"C": "10", "class_weight": "none"}
ITERATIONS = 1000
NEVER = -50.0
"""Log-odds of a class that the training rows lack."""


@dataclass(frozen=True)
class Model:
    """`weights` (columns, classes) and `start` (classes,) give the log-odds."""

    weights: NDArray[np.float32]
    start: NDArray[np.float32]

    def predict(self, inputs: Matrix) -> Matrix:
        """Probabilities (n, classes)."""
        odds = inputs @ self.weights + self.start
        shares = np.exp(odds - odds.max(axis=1, keepdims=True))
        found: Matrix = shares / shares.sum(axis=1, keepdims=True)
        return found

    def contributions(self, inputs: Matrix, labels: NDArray[np.int64]) -> Matrix:
        """How far each column moved the log-odds of each row's label above the classes' mean (n, columns)."""
        above = self.weights - self.weights.mean(axis=1, keepdims=True)
        found: Matrix = inputs * above.T[labels]
        return found

    def importance(self) -> list[float]:
        """Each column's share of all absolute weights."""
        sizes = np.abs(self.weights).sum(axis=1)
        return [round(float(share), 6) for share in sizes / (sizes.sum() or 1.0)]

    def save(self, folder: Path) -> None:
        with (folder / FILE).open("wb") as file:
            np.savez_compressed(file, weights=self.weights, start=self.start)

    def onnx(self, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that compute `output`, as `predict` does, from the scaled features `source`."""
        nodes = [
            onnx_file.node("Gemm", [source, "coefficients", "start"], f"{output}_odds"),
            onnx_file.node("Softmax", [f"{output}_odds"], output, axis=1),
        ]
        constants = {"coefficients": self.weights, "start": self.start}
        return nodes, [onnx_file.constant(name, values) for name, values in constants.items()]


def load(folder: Path, contract: Contract) -> Model:  # noqa: ARG001
    with np.load(folder / FILE, allow_pickle=False) as stored:
        return Model(stored["weights"], stored["start"])


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
    """The weights that fit `train` best, and what happened; `validation` judges them and decides nothing.

    `given` are hyperparameters as text; JobError names those that are not known or not usable. The search
    takes seconds, so it keeps no checkpoints.
    """
    from sklearn.linear_model import LogisticRegression

    settings = hyperparameters.read(given, KINDS, DEFAULTS)
    labels = train.target.astype(np.int64)
    if len(np.unique(labels)) < 2:
        raise JobError(f"the training rows are all of one class; {contract.name} needs at least two")
    weight = None if settings["class_weight"] == "none" else settings["class_weight"]
    found = LogisticRegression(C=settings["C"], class_weight=weight, max_iter=ITERATIONS)
    found.fit(_thin(train.features), labels)
    model = _model(found, len(contract.target.classes))
    texts = {name: str(value) for name, value in settings.items()}
    ended = int(found.n_iter_.max())
    return model, judged(model, validation, report, iteration=ended, hyperparameters=texts)


def _thin(inputs: Matrix) -> Any:
    """The same matrix without its zeros where most are, as in short texts: a search then takes a third."""
    from scipy import sparse

    return sparse.csr_matrix(inputs) if np.count_nonzero(inputs) < inputs.size / 4 else inputs


def _model(found: Any, classes: int) -> Model:
    """Of two classes the solver gives the log-odds of the second alone."""
    known = found.classes_
    rows, start = found.coef_, found.intercept_
    if len(known) == 2:
        rows, start = np.vstack([0 * rows, rows]), np.append(0 * start, start)
    weights, never = np.zeros((rows.shape[1], classes), np.float32), np.full(classes, NEVER, np.float32)
    weights[:, known], never[known] = rows.T, start
    return Model(weights, never)
