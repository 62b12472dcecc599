"""The network: a window of records to one score a class.

Each step gives three channels a feature: the value damped by asinh, whether it is there, and how far it lies
from the window's own mean, which is what makes resources with different levels comparable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from encoding import Matrix

LARGEST = 1e6
"""Scaled values beyond are cut: float32 overflows are infinite."""
CHUNK = 4096
"""Rows answered at a time."""


class Network(nn.Module):
    """Reads (n, steps x features) scaled values, NaN where missing; gives logits (n, classes)."""

    def __init__(self, *, steps: int, features: int, hidden: int, classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.steps, self.features = steps, features
        self.lstm = nn.LSTM(3 * features, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, classes)

    def forward(self, rows: Tensor) -> Tensor:
        state: Tensor = self.lstm(channels(rows.view(-1, self.steps, self.features)))[1][0][0]
        logits: Tensor = self.head(self.dropout(state))
        return logits

    def arrays(self) -> dict[str, Matrix]:
        """The weights by name, as they are stored."""
        return {name: value.detach().numpy() for name, value in self.state_dict().items()}

    def take(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Sets the weights that `arrays` holds under their names."""
        self.load_state_dict({name: torch.from_numpy(arrays[name].copy()) for name in self.state_dict()})


def channels(window: Tensor) -> Tensor:
    """(n, steps, features) to damped value, presence and distance from the mean, (n, steps, 3 x features)."""
    missing = torch.isnan(window)
    there = (~missing).to(window.dtype)
    damped = torch.asinh(torch.where(missing, 0.0, window).clamp(-LARGEST, LARGEST))
    mean = damped.sum(dim=1, keepdim=True) / there.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.cat((damped, there, (damped - mean) * there), dim=2)


def probabilities(network: Network, inputs: Matrix) -> Matrix:
    """(n, classes)."""
    network.eval()
    with torch.no_grad():
        found = [torch.softmax(network(rows), dim=1).numpy() for rows in _chunks(inputs)]
    return np.concatenate(found)


def gradients(network: Network, inputs: Matrix, labels: NDArray[np.int64]) -> Matrix:
    """Gradient of the label's logit times the input, (n, steps x features): 0 where a value is missing."""
    network.eval()
    parts = []
    for start, rows in zip(range(0, len(inputs), CHUNK), _chunks(inputs), strict=True):
        values = torch.nan_to_num(rows, nan=0.0).requires_grad_()
        chosen = torch.from_numpy(labels[start : start + CHUNK])[:, None]
        window = torch.where(torch.isnan(rows), torch.nan, values)
        logits = network(window).gather(1, chosen).sum()
        (slope,) = torch.autograd.grad(logits, values)
        parts.append((torch.nan_to_num(slope, nan=0.0) * values).detach().numpy())
    return np.concatenate(parts)


def _chunks(inputs: Matrix) -> Iterator[Tensor]:
    for start in range(0, len(inputs), CHUNK):
        yield torch.from_numpy(np.ascontiguousarray(inputs[start : start + CHUNK], np.float32))
