"""SageMaker's front door: every request is checked against the service's model, then answered or refused."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from local.request_shapes import check, members, operation_model, refusal
from local.sagemaker import invoke
from local.sagemaker.errors import ServiceError, invalid, unsupported
from local.sagemaker.machine import Machine
from local.sagemaker.operations import OPERATIONS

logger = logging.getLogger("local.sagemaker")

Answer = tuple[int, dict[str, str], bytes]
_INVOCATION = re.compile(r"^/endpoints/([^/]+)/(invocations|async-invocations|invocations-response-stream)$")
_RUNTIME = {
    "invocations": "InvokeEndpoint",
    "async-invocations": "InvokeEndpointAsync",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
}


def call(machine: Machine, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """One operation: refused as AWS refuses it, or by name where the stand-in has it not."""
    if operation_model("sagemaker", operation) is None:
        raise ServiceError("UnknownOperationException", f"SageMaker has no operation {operation}.")
    handler = OPERATIONS.get(operation)
    if handler is None:
        raise unsupported(operation, "; supported: " + ", ".join(sorted(OPERATIONS)))
    problems = check("sagemaker", operation, request)
    if problems:
        raise invalid(refusal(problems))
    answer = handler(machine, request)
    if request.get("Tags") and operation.startswith("Create"):
        created = next(value for name, value in answer.items() if name.endswith("Arn"))
        OPERATIONS["AddTags"](machine, {"ResourceArn": created, "Tags": request["Tags"]})
    return answer


def respond(machine: Machine, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """One HTTP request of either API; never raises."""
    invocation = _INVOCATION.match(path)
    try:
        if invocation and method == "POST":
            return _invoke(machine, invocation, headers, body)
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        answer = call(machine, operation, _parsed(body))
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()
    except ServiceError as error:
        return _refused(error, runtime=invocation is not None)
    except Exception as error:  # the front door answers whatever happens behind it
        logger.exception("%s %s", method, path)
        failure = ServiceError("InternalFailure", f"{type(error).__name__}: {error}", 500)
        return _refused(failure, runtime=invocation is not None)


def _invoke(machine: Machine, match: re.Match[str], headers: Mapping[str, str], body: bytes) -> Answer:
    operation = _RUNTIME[match[2]]
    if operation != "InvokeEndpoint":
        raise unsupported(operation, "; supported: InvokeEndpoint")
    request: dict[str, Any] = {"EndpointName": unquote(match[1])}
    for name, shape in members("sagemaker-runtime", operation).items():
        header = shape.serialization.get("name", "").lower()
        if shape.serialization.get("location") == "header" and header in headers:
            request[name] = headers[header]
    problems = check("sagemaker-runtime", operation, {**request, "Body": body})
    if problems:
        raise ServiceError("ValidationError", refusal(problems))
    for name in sorted(
        set(request) - {"EndpointName", "ContentType", "Accept", "TargetVariant", "InferenceId"}
    ):
        raise unsupported(f"InvokeEndpoint with {name}")
    answered, answer = invoke.invoke(machine, request, body)
    return 200, answered, answer


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", str(error)) from error
    if not isinstance(request, dict):
        raise ServiceError("SerializationException", "The request must be an object.")
    return request


def _refused(error: ServiceError, *, runtime: bool) -> Answer:
    headers = {"Content-Type": "application/json" if runtime else "application/x-amz-json-1.1"}
    headers["x-amzn-ErrorType"] = error.code
    body = {"__type": error.code, "message": error.message, "Message": error.message, **error.details}
    return error.status, headers, json.dumps(body).encode()


def fail_interrupted(machine: Machine) -> None:
    """After a restart: what ran or was being made when the stand-in went down has failed, and says so."""
    reason = "InternalServerError: the local AWS was stopped while this ran"
    for table, prefix in (
        ("processing", "ProcessingJob"),
        ("training", "TrainingJob"),
        ("tuning", "HyperParameterTuningJob"),
    ):
        for record in machine.store.all(table):
            if record[f"{prefix}Status"] in ("InProgress", "Stopping"):
                changes = {f"{prefix}Status": "Failed", "FailureReason": reason}
                if table == "training":
                    changes["SecondaryStatus"] = "Failed"
                machine.store.update(table, record[f"{prefix}Name"], **changes)
    for record in machine.store.all("endpoint"):
        status = {"Creating": "Failed", "Updating": "InService"}.get(record["EndpointStatus"])
        if status:
            machine.store.update(
                "endpoint", record["EndpointName"], EndpointStatus=status, FailureReason=reason
            )
