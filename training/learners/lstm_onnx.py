"""The network as ONNX operators: every step from the scaled window to the probabilities lies in the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

import onnx_file
from encoding import Matrix
from learners.lstm_network import LARGEST, Network


def nodes(network: Network, source: str, output: str) -> tuple[list[bytes], list[bytes]]:
    """Nodes and constants from scaled columns (n, steps x features) to probabilities (n, classes)."""
    weights = network.arrays()
    constants = {
        "window": np.array([-1, network.steps, network.features]),
        "zero": np.array(0, np.float32),
        "one": np.array(1, np.float32),
        "least": np.array(-LARGEST, np.float32),
        "most": np.array(LARGEST, np.float32),
        "steps": np.array([1]),
        "direction": np.array([0]),
        "inward": _gates(weights["lstm.weight_ih_l0"])[None],
        "onward": _gates(weights["lstm.weight_hh_l0"])[None],
        "bias": np.concatenate([_gates(weights[f"lstm.bias_{way}_l0"]) for way in ("ih", "hh")])[None],
        "head": weights["head.weight"],
        "offset": weights["head.bias"],
    }
    found = [*_channels(source), *_answer(network.lstm.hidden_size, output)]
    return found, [onnx_file.constant(f"lstm_{name}", values) for name, values in constants.items()]


def _node(op: str, inputs: str, output: str, **attributes: Any) -> bytes:
    """An operator between values of the graph named with the learner's prefix."""
    names = [f"lstm_{name}" for name in inputs.split()]
    return onnx_file.node(op, names, f"lstm_{output}", **attributes)


def _channels(source: str) -> list[bytes]:
    """As `lstm_network.channels`, and steps before rows, as the operator wants them."""
    return [
        onnx_file.node("Reshape", [source, "lstm_window"], "lstm_rows"),
        _node("IsNaN", "rows", "missing"),
        _node("Where", "missing zero rows", "values"),
        _node("Not", "missing", "known"),
        _node("Cast", "known", "there", to=onnx_file.FLOAT),
        _node("Clip", "values least most", "cut"),
        _node("Asinh", "cut", "damped"),
        _node("ReduceSum", "damped steps", "sum", keepdims=1),
        _node("ReduceSum", "there steps", "count", keepdims=1),
        _node("Max", "count one", "divisor"),
        _node("Div", "sum divisor", "mean"),
        _node("Sub", "damped mean", "distance"),
        _node("Mul", "distance there", "own"),
        _node("Concat", "damped there own", "channels", axis=2),
        _node("Transpose", "channels", "sequence", perm=np.array([1, 0, 2])),
    ]


def _answer(hidden: int, output: str) -> list[bytes]:
    inputs = ["lstm_sequence", "lstm_inward", "lstm_onward", "lstm_bias"]
    return [
        onnx_file.node("LSTM", inputs, ["", "lstm_last"], hidden_size=hidden),
        _node("Squeeze", "last direction", "state"),
        _node("Gemm", "state head offset", "logits", transB=1),
        onnx_file.node("Softmax", ["lstm_logits"], output, axis=1),
    ]


def _gates(stacked: Matrix) -> Matrix:
    """From the order input, forget, cell, output to the operator's input, output, forget, cell."""
    entry, forget, cell, out = np.split(stacked, 4)
    return np.concatenate((entry, out, forget, cell))
