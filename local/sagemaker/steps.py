"""Step Functions' own SageMaker integration: `arn:aws:states:::sagemaker:createX` and its `.sync` form."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from local.sagemaker import jobs
from local.sagemaker.errors import ServiceError
from local.sagemaker.machine import Machine
from local.sagemaker.operations import OPERATIONS
from local.sagemaker.service import call
from local.sagemaker.store import TERMINAL

_SYNC = {f"Create{kind.prefix}": kind for kind in (jobs.PROCESSING, jobs.TRAINING, jobs.TUNING)}
_PLAIN = ("CreateModel", "CreateEndpointConfig", "CreateEndpoint", "UpdateEndpoint", "CreateTransformJob",
          "CreateLabelingJob", *_SYNC)  # fmt: skip
_NAMED = {
    "ResourceInUse": "ResourceInUseException",
    "ResourceNotFound": "ResourceNotFoundException",
    "ResourceLimitExceeded": "ResourceLimitExceededException",
    "ConflictException": "ConflictException",
}
OTHER = "AmazonSageMakerException"

Fail = Callable[[str, str], Exception]
"""Makes the state machine's own error from a name and a cause."""


def run_step(machine: Machine, fail: Fail, resource: str, request: dict[str, Any]) -> dict[str, Any]:
    """One task state: the call's answer, or with .sync what Describe answers once the job has completed."""
    action, _, pattern = resource.rpartition(":")[2].partition(".")
    operation = action[:1].upper() + action[1:]
    if operation not in _PLAIN or pattern not in ("", "sync"):
        raise fail("States.Runtime", f"{resource} is not an integration that Step Functions offers.")
    if pattern == "sync" and operation not in _SYNC and operation in OPERATIONS:
        raise fail("States.Runtime", f"{resource}: {action} has no .sync form.")
    try:
        answer = call(machine, operation, request)
    except ServiceError as error:
        about = f"Status Code: {error.status}; Error Code: {error.code}"
        cause = f"{error.message} (Service: AmazonSageMaker; {about})"
        raise fail(f"SageMaker.{_NAMED.get(error.code, OTHER)}", cause) from error
    return _completed(machine, fail, operation, request) if pattern == "sync" else answer


def _completed(machine: Machine, fail: Fail, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    kind = _SYNC[operation]
    name = request[kind.name_key]
    machine.store.wait(kind.table, name, lambda record: record is None or record[kind.status_key] in TERMINAL)
    described = OPERATIONS[f"Describe{kind.prefix}"](machine, {kind.name_key: name})
    answer: dict[str, Any] = _renamed(described)
    if described[kind.status_key] != "Completed":
        raise fail("States.TaskFailed", json.dumps(answer))
    return answer


def _renamed(value: Any, name: str = "") -> Any:
    """Times in milliseconds, as Step Functions shows them."""
    if isinstance(value, dict):
        return {key: _renamed(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    timed = name.endswith("Time") or name == "Timestamp"
    return round(value * 1000) if timed and isinstance(value, float) else value
