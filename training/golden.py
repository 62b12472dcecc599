"""Rows of the validation split with the trained model's own answers: whoever serves the model's ONNX export
replays them before its first caller does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifact import Artifact
from dataset import Rows
from encoding import Matrix

FILE = "golden.json"
ROWS = 16
TOLERANCE = 1e-4
"""Of a probability, or of the largest value; the two runtimes sum in different orders."""
DENSE = 200
"""Wider rows are written as pairs of place and value, zeros left out."""


def of(model: Artifact, rows: Rows) -> dict[str, Any]:
    """What `golden.json` holds: unscaled rows and answers.

    `rows` are lists of numbers, null where missing, or with `sparse` lists of [place, number] that leave
    zeros out. An answer may differ by `tolerance`; a row whose label such a difference could change is left
    out. Of a classifier there are `probabilities` and `labels` (class numbers), else `values`; where the
    target has one, also `interval`.
    """
    chosen = _spread(model, rows)
    features, width = rows.features[chosen], len(model.contract.columns)
    answers = model.predict(features)
    found: dict[str, Any] = {
        "contract_hash": model.contract.hash,
        "columns": width,
        "sparse": width > DENSE,
        "rows": [_sparse(row) if width > DENSE else _dense(row) for row in features],
    }
    if model.contract.target.interval:
        found["interval"] = model.interval(features).tolist()
    if model.contract.target.classes:
        labels = model.labels(answers).tolist()
        return {**found, "tolerance": TOLERANCE, "probabilities": answers.tolist(), "labels": labels}
    return {
        **found,
        "tolerance": TOLERANCE * max(1.0, float(np.abs(answers).max())),
        "values": answers.tolist(),
    }


def _spread(model: Artifact, rows: Rows) -> NDArray[np.int64]:
    """Rows of all classes or of the target's whole range, whole ones and such with missing values in turn."""
    order = np.argsort(rows.target, kind="stable")
    if model.contract.target.classes:
        order = order[_sure(model, rows.features[order])]
        groups = [order[rows.target[order] == code] for code in np.unique(rows.target)]
    else:
        groups = np.array_split(order, ROWS // 2)
    gaps = np.asarray(np.isnan(rows.features).any(axis=1))
    halves = [half for group in groups for half in (group[gaps[group]], group[~gaps[group]])]
    turns = range(max(map(len, halves), default=0))
    found = [half[turn] for turn in turns[:ROWS] for half in halves if turn < len(half)]
    return np.array(found[:ROWS], np.int64)


def _sure(model: Artifact, features: Matrix) -> NDArray[np.bool_]:
    weighted = np.sort(model.predict(features) * model.weights, axis=1)
    found: NDArray[np.bool_] = weighted[:, -1] - weighted[:, -2] > 10 * TOLERANCE
    return found


def _dense(row: Matrix) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in row]


def _sparse(row: Matrix) -> list[list[float | None]]:
    return [[int(place), *_dense(row[place : place + 1])] for place in np.flatnonzero(row)]
