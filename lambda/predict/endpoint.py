"""Asks a SageMaker endpoint for predictions, and knows every way in which it may fail to give them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from catalog.contract import Contract
from shared.problems import NoModel

REASONS = {
    "ModelError": "model_error",
    "ModelNotReadyException": "model_not_ready",
    "ThrottlingException": "throttled",
    "Throttling": "throttled",
    "TooManyRequestsException": "throttled",
    "ServiceUnavailable": "unavailable",
    "InternalFailure": "unavailable",
    "InternalDependencyException": "unavailable",
    "AccessDeniedException": "access_denied",
}


class EndpointFailed(Exception):
    """The endpoint exists but gave no answer to use; `reason` is one word for callers, logs and metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def ask(
    runtime: Any, endpoint: str, contract: Contract, records: Sequence[Any], *, explain: bool
) -> dict[str, Any]:
    """`{"predictions": one per record, "model_version": text}`; raises EndpointFailed or NoModel."""
    body = json.dumps({"records": records, "explain": explain}).encode()
    try:
        response = runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType="application/json", Accept="application/json", Body=body
        )
        raw = response["Body"].read()
    except ClientError as error:
        raise _failure(error, contract) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise EndpointFailed("timeout" if "imeout" in type(error).__name__ else "unreachable") from error
    return _checked(raw, contract, len(records))


def _failure(error: ClientError, contract: Contract) -> Exception:
    told = error.response.get("Error", {})
    code, message = told.get("Code", ""), told.get("Message", "")
    absent = message.startswith("Endpoint ") and message.rstrip(".").endswith("not found")
    if absent and code in ("ValidationError", "ValidationException"):
        return NoModel(f"{contract.name} has no model in service yet; it comes with the first promotion")
    return EndpointFailed(REASONS.get(code, "endpoint_error"))


def _checked(raw: bytes, contract: Contract, expected: int) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
        agreed, predictions = answer["contract_hash"], answer["predictions"]
        version = str(answer["model_version"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EndpointFailed("malformed_answer") from error
    if agreed != contract.hash:
        raise EndpointFailed("contract_mismatch")
    if not isinstance(predictions, list) or len(predictions) != expected:
        raise EndpointFailed("malformed_answer")
    if not all(_sound(prediction, contract) for prediction in predictions):
        raise EndpointFailed("malformed_answer")
    return {"predictions": predictions, "model_version": version}


def _sound(prediction: Any, contract: Contract) -> bool:
    """Whether the prediction is of the contract's kind: a known class with probabilities, or a number."""
    if not isinstance(prediction, dict):
        return False
    if not contract.target.classes:
        return _is_number(prediction.get("value"))
    shares = prediction.get("probabilities")
    return (
        prediction.get("label") in contract.target.classes
        and _is_number(prediction.get("confidence"))
        and isinstance(shares, dict)
        and set(shares) == set(contract.target.classes)
        and all(_is_number(share) and 0 <= share <= 1 for share in shares.values())
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
