"""What the endpoint runs: records in, predictions with their reasons out.

A request is {"records": [record, ...], "explain": bool}. History comes from the earlier records of the same
entity in the same request. Whatever is wrong is an exception: the router refuses bad records before.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import artifact
from artifact import Artifact, Labels
from catalog.contract import Contract
from encoding import Encoder, Matrix
from jobs import contracts_folder

JSON = "application/json"
REASONS = 5
"""Contributions that an explanation names."""


@dataclass(frozen=True)
class Predictor:
    """An artifact with the feature code that feeds it."""

    artifact: Artifact
    encoder: Encoder


def model_fn(model_dir: str) -> Predictor:
    """ValueError where the artifact was trained for another contract than this code serves.

    The contract's example is predicted once, so that the first caller waits for nothing.
    """
    loaded = artifact.load(Path(model_dir))
    own = Contract.load_all(contracts_folder()).get(loaded.contract.name)
    if own is None or own.hash != loaded.contract.hash:
        raise ValueError(
            f"the model was trained for contract {loaded.contract.name} {loaded.contract.hash}, "
            f"this code serves {own.hash if own else 'no such contract'}: "
            "deploy the code that lies in the model's own code folder"
        )
    predictor = Predictor(loaded, Encoder.of(loaded.contract))
    record = loaded.contract.record
    example: dict[str, Any] = {key.name: key.example for key in record.keys}
    example |= {feature.name: feature.example for feature in record.given}
    example |= {text.name: text.example for text in record.texts}
    predict_fn({"records": [example], "explain": True}, predictor)
    return predictor


def input_fn(body: bytes | str, content_type: str) -> dict[str, Any]:
    if content_type.split(";")[0].strip() != JSON:
        raise ValueError(f"the request must be {JSON}, got {content_type!r}")
    request = json.loads(body)
    records = request.get("records") if isinstance(request, dict) else None
    if not isinstance(records, list) or not records:
        raise ValueError('the request must be {"records": [record, ...]} with at least one record')
    return dict(request)


def predict_fn(request: dict[str, Any], predictor: Predictor) -> dict[str, Any]:
    features = predictor.encoder.windows(predictor.encoder.read(request["records"]))
    found, labels = _answers(features, predictor.artifact)
    if request.get("explain"):
        for prediction, reasons in zip(found, _reasons(features, labels, predictor.artifact), strict=True):
            prediction["contributions"] = reasons
    return {
        "predictions": found,
        "contract_hash": predictor.artifact.contract.hash,
        "model_version": os.environ.get("MODEL_VERSION", "unversioned"),
    }


def output_fn(prediction: dict[str, Any], accept: str) -> tuple[str, str]:  # noqa: ARG001
    """Always JSON, whatever the caller accepts: the body and its type."""
    return json.dumps(prediction), JSON


def _answers(features: Matrix, model: Artifact) -> tuple[list[dict[str, Any]], Labels | None]:
    answers, classes = model.predict(features), model.contract.target.classes
    if not classes:
        return [{"value": round(value, 4)} for value in answers.tolist()], None
    labels = model.labels(answers)
    rounded = [[round(share, 6) for share in row] for row in answers.tolist()]
    predictions = [
        {
            "label": classes[code],
            "probabilities": dict(zip(classes, row, strict=True)),
            "confidence": row[code],
        }
        for code, row in zip(labels.tolist(), rounded, strict=True)
    ]
    return predictions, labels


def _reasons(features: Matrix, labels: Labels | None, model: Artifact) -> list[list[dict[str, Any]]]:
    """The columns that moved each answer most, largest first."""
    moved = model.contributions(features, labels)
    names = model.contract.columns
    top = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :REASONS]
    return [
        [
            {
                "feature": names[column],
                "value": _known(values[column]),
                "contribution": round(float(row[column]), 6),
            }
            for column in columns
        ]
        for columns, values, row in zip(top.tolist(), features, moved, strict=True)
    ]


def _known(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(f"{value:.7g}")
