"""InvokeEndpoint: the variant asked for or the next by weight; metrics, capture and errors as AWS's."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.sagemaker import endpoints
from local.sagemaker.errors import ServiceError, invalid
from local.sagemaker.fleet import Fleet, Variant
from local.sagemaker.hosting import LoadFailed, WorkerDied, WorkerRetired
from local.sagemaker.machine import Machine, arn

_BODY_LIMIT = 6 * 1024 * 1024
Answer = tuple[dict[str, str], bytes]


def invoke(machine: Machine, request: Mapping[str, Any], body: bytes) -> Answer:
    """(headers, body) of the answer; ModelError where the container failed or died."""
    name = request["EndpointName"]
    if len(body) > _BODY_LIMIT:
        raise invalid(f"The request body is {len(body)} bytes; at most {_BODY_LIMIT} are allowed.")
    fleet, variant = _target(machine, name, request.get("TargetVariant"))
    content_type = request.get("ContentType", "application/octet-stream")
    accept = request.get("Accept", "application/json")
    started = time.perf_counter()
    try:
        status, kind, answer = variant.worker.ask(body, content_type, accept)
    except WorkerRetired:
        return invoke(machine, request, body)
    except WorkerDied as error:
        status, kind, answer = (
            500,
            "text/plain",
            f"the worker ended while it held the request: {error}".encode(),
        )
    except LoadFailed as error:
        status, kind, answer = 500, "text/plain", f"the worker could not be started again: {error}".encode()
    _measure(machine, name, variant.name, status, (time.perf_counter() - started) * 1e6)
    if status >= 400:
        raise _model_error(name, status, answer)
    if fleet.captures():
        _capture(machine, name, variant.name, fleet.capture, (content_type, body), (kind, answer))
    # In lower case: the emulator rewrites "Content-Type" to what the control plane of SageMaker answers.
    return {"content-type": kind, "x-Amzn-Invoked-Production-Variant": variant.name}, answer


def _target(machine: Machine, name: str, wanted: str | None) -> tuple[Fleet, Variant]:
    record = machine.store.get("endpoint", name)
    if record is None:
        raise invalid(f"Endpoint {name} of account {arn('').split(':')[4]} not found.")
    if record["EndpointStatus"] not in ("InService", "Updating", "SystemUpdating", "RollingBack"):
        raise invalid(f"Endpoint {name} is in status {record['EndpointStatus']} and takes no requests.")
    fleet = endpoints.fleet_of(machine, name)
    if wanted is None:
        return fleet, fleet.choose()
    if wanted not in fleet.variants:
        raise invalid(f"Variant {wanted} was not found for endpoint {name}; it has {sorted(fleet.variants)}.")
    return fleet, fleet.variants[wanted]


def _model_error(name: str, status: int, answer: bytes) -> ServiceError:
    text = answer.decode(errors="replace")[:512]
    family = "client" if status < 500 else "server"
    stream = arn(f"log-group:/aws/sagemaker/Endpoints/{name}", "logs")
    message = f'Received {family} error ({status}) from primary with message "{text}". See {stream}.'
    return ServiceError(
        "ModelError", message, 424, OriginalStatusCode=status, OriginalMessage=text, LogStreamArn=stream
    )


def _measure(machine: Machine, endpoint: str, variant: str, status: int, microseconds: float) -> None:
    dimensions = (("EndpointName", endpoint), ("VariantName", variant))
    values = (
        ("Invocations", 1.0, "None"),
        ("InvocationsPerInstance", 1.0, "None"),
        ("Invocation4XXErrors", float(400 <= status < 500), "None"),
        ("Invocation5XXErrors", float(status >= 500), "None"),
        ("ModelLatency", round(microseconds), "Microseconds"),
    )
    for name, value, unit in values:
        machine.telemetry.metric("AWS/SageMaker", name, dimensions, value, unit)


def _capture(
    machine: Machine,
    endpoint: str,
    variant: str,
    config: dict[str, Any],
    given: tuple[str, bytes],
    answered: tuple[str, bytes],
) -> None:
    """One record in the layout of the service's data capture."""
    parts = {"Input": ("endpointInput", "INPUT", given), "Output": ("endpointOutput", "OUTPUT", answered)}
    data: dict[str, Any] = {}
    for option in config["CaptureOptions"]:
        for mode in (
            ("Input", "Output") if option["CaptureMode"] == "InputAndOutput" else (option["CaptureMode"],)
        ):
            key, label, (kind, content) = parts[mode]
            text = content.decode(errors="replace")
            encoding = "JSON" if "json" in kind else "CSV"
            data[key] = {"observedContentType": kind, "mode": label, "data": text, "encoding": encoding}
    event = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    uri = f"{config['DestinationS3Uri'].rstrip('/')}/{endpoint}/{variant}"
    machine.telemetry.capture(uri, {"captureData": data, "eventMetadata": event, "eventVersion": "0"})
