"""Where a forecast starts: the current value, to which the trees add the change they expect.

Trees cannot answer beyond what they saw, a change seen at 40% holds at 90% too. The inputs are scaled, so how
the scaled column becomes the value again is found on the training rows, whose `known` is the current value.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

import onnx_file
from catalog.contract import Contract
from dataset import Rows
from encoding import Matrix

ATTRIBUTE = "level"
"""Where the booster keeps it."""


@dataclass(frozen=True)
class Level:
    """The current value is `offset` + `factor` x the scaled input `column`."""

    column: int
    offset: float
    factor: float

    @classmethod
    def of(cls, rows: Rows, contract: Contract) -> Level:
        """Least squares, exact up to rounding since scaling is a line; `rows` are scaled."""
        column = contract.columns.index(contract.target.ahead_of)
        scaled, value = rows.features[:, column].astype(np.float64), rows.known.astype(np.float64)
        whole = np.isfinite(scaled) & np.isfinite(value)
        x, y = scaled[whole], value[whole]
        spread = float(np.var(x)) if len(x) else 0.0
        factor = float(np.mean((x - x.mean()) * (y - y.mean()))) / spread if spread else 0.0
        return cls(column, float(y.mean() - factor * x.mean()) if len(x) else 0.0, factor)

    def value(self, inputs: Matrix) -> Matrix:
        """Of scaled inputs (n, columns), in float32 as the exported model computes it: (n, 1)."""
        scaled = inputs[:, self.column : self.column + 1]
        current: Matrix = scaled * np.float32(self.factor) + np.float32(self.offset)
        return current

    def keep(self, booster: Any) -> None:
        booster.set_attr(**{ATTRIBUTE: json.dumps(astuple(self))})

    @classmethod
    def kept(cls, booster: Any) -> Level:
        return cls(*json.loads(booster.attr(ATTRIBUTE)))

    def onnx(self, changes: str, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that add `changes` (n, quantiles) to the value read from `source`."""
        numbers = {
            "level_column": np.array([self.column]),
            "level_factor": np.array(self.factor, np.float32),
            "level_offset": np.array(self.offset, np.float32),
        }
        nodes = [
            onnx_file.node("Gather", [source, "level_column"], "level_scaled", axis=1),
            onnx_file.node("Mul", ["level_scaled", "level_factor"], "level_unshifted"),
            onnx_file.node("Add", ["level_unshifted", "level_offset"], "level_value"),
            onnx_file.node("Add", [changes, "level_value"], output),
        ]
        return nodes, [onnx_file.constant(name, number) for name, number in numbers.items()]
