"""A long short-term memory over a window of records, in PyTorch; see learners/xgboost.py for the protocol.

It reads scaled columns, the features of the oldest step first, NaN where a value or a whole step is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.contract import Contract
from dataset import Rows
from encoding import Matrix
from learners import lstm_calibration, lstm_network, lstm_onnx, lstm_settings
from learners.lstm_epochs import Epochs
from learners.lstm_network import Network
from metrics import log_loss
from validation import METRIC

FILE = "model.npz"
TITLE = "LSTM"
VERSION = str(torch.__version__)


@dataclass(frozen=True)
class Model:
    """`shares` (columns,) is what `importance` tells, measured on the validation rows."""

    network: Network
    shares: Matrix

    def predict(self, inputs: Matrix) -> Matrix:
        """Probabilities (n, classes)."""
        return lstm_network.probabilities(self.network, inputs)

    def contributions(self, inputs: Matrix, labels: NDArray[np.int64]) -> Matrix:
        """How far each column moved the logit of the row's label, to first order: gradient times input."""
        return lstm_network.gradients(self.network, inputs, labels)

    def importance(self) -> list[float]:
        """Share of the mean size of the contributions that each column brought."""
        return [round(float(share), 6) for share in self.shares]

    def save(self, folder: Path) -> None:
        np.savez(folder / FILE, shares=self.shares, **self.network.arrays())  # type: ignore[arg-type]

    def onnx(self, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that compute `output`, as `predict` does, from the scaled columns `source`."""
        return lstm_onnx.nodes(self.network, source, output)


def load(folder: Path, contract: Contract) -> Model:
    torch.set_num_threads(lstm_settings.THREADS)
    with np.load(folder / FILE, allow_pickle=False) as file:
        arrays = dict(file)
    network = _network(contract, arrays["lstm.weight_hh_l0"].shape[1])
    network.take(arrays)
    return Model(network, arrays["shares"])


def fit(
    train: Rows,
    validation: Rows,
    contract: Contract,
    given: Mapping[str, str],
    *,
    report: Callable[[str, float], None],
    identity: str,
    checkpoints: Path | None = None,
) -> tuple[Model, dict[str, Any]]:
    """The model of the best pass on `validation`, its probabilities calibrated there, and what happened.

    `given` are hyperparameters as text; JobError names those that are not known or not usable. The training
    that `identity` names goes on from its checkpoint.
    """
    settings = lstm_settings.read(given, contract.target)
    torch.set_num_threads(lstm_settings.THREADS)
    torch.manual_seed(settings.seed)
    network = _network(contract, settings.hidden_size, settings.dropout)
    epochs = Epochs(network, settings, identity, checkpoints)
    resumed = epochs.resume()
    best = epochs.run(train, validation, lambda score: report(METRIC, score))
    network.take(best.weights)
    calibration = _calibrate(network, validation)
    log = {
        "metric": METRIC,
        "best_score": calibration["mlogloss"],
        "best_iteration": best.best,
        "resumed_at": resumed,
        "hyperparameters": settings.as_text(),
        "calibration": calibration,
    }
    return Model(network, _shares(network, validation.features)), log


def _network(contract: Contract, hidden: int, dropout: float = 0.0) -> Network:
    return Network(
        steps=contract.steps,
        features=len(contract.features),
        hidden=hidden,
        classes=len(contract.target.classes),
        dropout=dropout,
    )


def _calibrate(network: Network, rows: Rows) -> dict[str, float]:
    """Divides the logits by the temperature that suits `rows`; the calibration error before and after."""
    truth = rows.target.astype(np.int64)
    before = lstm_network.probabilities(network, rows.features)
    temperature = lstm_calibration.temperature(before, truth)
    with torch.no_grad():
        for parameter in network.head.parameters():
            parameter.div_(temperature)
    after = lstm_network.probabilities(network, rows.features)
    return {
        "temperature": temperature,
        "error_before": lstm_calibration.error(before, truth),
        "error_after": lstm_calibration.error(after, truth),
        "mlogloss": log_loss(truth, after),
    }


def _shares(network: Network, inputs: Matrix) -> Matrix:
    labels = lstm_network.probabilities(network, inputs).argmax(axis=1)
    size = np.abs(lstm_network.gradients(network, inputs, labels)).mean(axis=0)
    shares: Matrix = size / (size.sum() or 1.0)
    return shares
