"""Good records, and endpoint answers to them."""

import json
from typing import Any

from catalog.contract import Contract


def record(contract: Contract, **changed: Any) -> dict[str, Any]:
    """The contract's own example; None takes a field out."""
    keys: dict[str, Any] = {key.name: key.example for key in contract.record.keys}
    whole = {**keys, **{feature.name: feature.example for feature in contract.record.features}, **changed}
    return {name: value for name, value in whole.items() if value is not None}


def prediction(contract: Contract) -> dict[str, Any]:
    contributions = [{"feature": contract.features[0], "value": 1.0, "contribution": 0.5}]
    if not contract.target.classes:
        return {"value": 73.25, "contributions": contributions}
    shares = dict.fromkeys(contract.target.classes, 0.0)
    shares[contract.target.classes[-1]] = 1.0
    return {
        "label": contract.target.classes[-1],
        "probabilities": shares,
        "confidence": 1.0,
        "contributions": contributions,
    }


def answer(contract: Contract, rows: int = 1, **changed: Any) -> bytes:
    """An endpoint's answer to `rows` records."""
    whole = {
        "predictions": [prediction(contract)] * rows,
        "contract_hash": contract.hash,
        "model_version": f"arn:aws:sagemaker:us-east-1:000000000000:model-package/local-{contract.name}/7",
        **changed,
    }
    return json.dumps(whole).encode()
