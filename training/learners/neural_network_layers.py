"""The layers of a multilayer perceptron as plain arrays: what is saved, what predicts, what is exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import onnx_file
from encoding import Matrix


def known(inputs: Matrix) -> Matrix:
    """Scaled inputs with 0, the training rows' mean, where a value is missing."""
    return np.where(np.isnan(inputs), np.float32(0), inputs)


@dataclass(frozen=True)
class Layers:
    """Weights (in, out) and starts (out,) of each layer; all but the last cut off what is below 0."""

    weights: tuple[Matrix, ...]
    starts: tuple[Matrix, ...]

    def outputs(self, inputs: Matrix) -> Matrix:
        """Log-odds (n, classes), or values (n, 1)."""
        return self._passed(inputs)[-1]

    def gradients(self, inputs: Matrix, chosen: Matrix) -> Matrix:
        """How the outputs, added up with weights `chosen` (n, outputs), change with each input (n, in)."""
        *hidden, _ = self._passed(inputs)
        found = chosen @ self.weights[-1].T
        for weights, reached in zip(self.weights[-2::-1], reversed(hidden), strict=True):
            found = (found * (reached > 0)) @ weights.T
        return found

    def _passed(self, inputs: Matrix) -> list[Matrix]:
        """What leaves each layer."""
        state, passed = known(inputs), []
        for weights, start in zip(self.weights[:-1], self.starts[:-1], strict=True):
            state = np.maximum(state @ weights + start, 0)
            passed.append(state)
        return [*passed, state @ self.weights[-1] + self.starts[-1]]

    def arrays(self) -> dict[str, Matrix]:
        named = {f"weights_{place}": each for place, each in enumerate(self.weights)}
        return {**named, **{f"start_{place}": each for place, each in enumerate(self.starts)}}

    @classmethod
    def taken(cls, arrays: dict[str, NDArray[Any]]) -> Layers:
        """What `arrays` gave."""
        count = sum(name.startswith("weights_") for name in arrays)
        weights, starts = (
            tuple(arrays[f"{kind}_{place}"] for place in range(count)) for kind in ("weights", "start")
        )
        return cls(weights, starts)

    def onnx(self, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
        """Nodes and constants that compute `outputs` from the scaled features `source`."""
        nodes = [
            onnx_file.node("IsNaN", [source], "network_missing"),
            onnx_file.node("Where", ["network_missing", "network_zero", source], "network_0"),
        ]
        last = len(self.weights) - 1
        for place in range(last + 1):
            read = [f"network_{place}", f"weights_{place}", f"start_{place}"]
            nodes.append(onnx_file.node("Gemm", read, output if place == last else f"network_{place}_sum"))
            if place < last:
                nodes.append(onnx_file.node("Relu", [f"network_{place}_sum"], f"network_{place + 1}"))
        constants = {"network_zero": np.array(0, np.float32), **self.arrays()}
        return nodes, [onnx_file.constant(name, values) for name, values in constants.items()]
