"""One model in ONNX Runtime: rows in, checked answers out."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from serve.artifact import LoadFailed

Rows = NDArray[np.float32]
Numbers = NDArray[np.float64]


class ModelFailed(Exception):
    """The model gave nothing to answer with."""


@dataclass(frozen=True)
class Output:
    """`numbers` (n, classes) are probabilities, or (n, values); `labels` (n,) class numbers, of classes;
    `interval` (n, 2) the bounds of the risk, where the model tells them."""

    numbers: Numbers
    labels: NDArray[np.int64] | None = None
    interval: Numbers | None = None


class Session:
    """Computes on one thread: a function has about one core, and more threads would wait for each other."""

    def __init__(self, onnx: bytes, contract: Contract) -> None:
        """LoadFailed where the file is no model of the contract."""
        onnxruntime = importlib.import_module("onnxruntime")  # slow, and declared models need none
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                onnx, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime has an exception class for each of its statuses
            raise LoadFailed("load_failed", f"no ONNX model: {error}") from error
        agreed = self._session.get_modelmeta().custom_metadata_map.get("contract_hash")
        if agreed != contract.hash:
            detail = f"the export is of contract {agreed}, this function serves {contract.hash}"
            raise LoadFailed("contract_mismatch", detail)
        self._target = contract.target

    def run(self, rows: Rows) -> Output:
        """Answers to (n, columns); ModelFailed where they are not of the contract's kind or not finite."""
        classes = self._target.classes
        wanted = ["probabilities", "label"] if classes else ["value"]
        wanted += ["interval"] if self._target.interval else []
        try:
            numbers, *more = self._session.run(wanted, {"features": rows})
        except Exception as error:  # see above
            raise ModelFailed(f"{type(error).__name__}: {error}") from error
        numbers = numbers.reshape(len(rows), -1).astype(np.float64)
        width = len(classes) or len(self._target.quantiles) or 1
        if numbers.shape != (len(rows), width) or not np.isfinite(numbers).all():
            raise ModelFailed(f"answered {numbers.shape}, or not in finite numbers")
        if not classes:
            return Output(numbers)
        codes = more[0].reshape(-1)
        if codes.shape != (len(rows),) or codes.min() < 0 or codes.max() >= width:
            raise ModelFailed("answered with labels that are no classes")
        return Output(np.clip(numbers, 0, 1), codes, _bounds(more[1], len(rows)) if more[1:] else None)


def _bounds(interval: Rows, rows: int) -> Numbers:
    """ModelFailed where they are not two numbers a row, the lower one first."""
    bounds: Numbers = interval.reshape(rows, -1).astype(np.float64)
    if bounds.shape != (rows, 2) or not (bounds[:, 0] <= bounds[:, 1]).all():
        raise ModelFailed(f"answered with bounds {bounds.shape} that are no intervals")
    return np.clip(bounds, 0, 1)
