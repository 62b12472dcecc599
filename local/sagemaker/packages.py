"""The model registry: package groups, numbered versions, approvals and the events they raise."""

from __future__ import annotations

import json
import time
from typing import Any

from local.sagemaker.errors import ServiceError, invalid, unsupported
from local.sagemaker.machine import Machine, arn
from local.sagemaker.store import Record

_CHANGEABLE = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "CustomerMetadataProperties",
    "InferenceSpecification",
    "SourceUri",
    "ModelLifeCycle",
)


def create_group(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["ModelPackageGroupName"]
    record = {
        **request,
        "ModelPackageGroupArn": arn(f"model-package-group/{name}"),
        "ModelPackageGroupStatus": "Completed",
        "CreationTime": time.time(),
        "CreatedBy": {},
        "LastVersion": 0,
    }
    if not machine.store.add("model-package-group", name, record):
        raise invalid(f"Model Package Group already exists: {record['ModelPackageGroupArn']}")
    return {"ModelPackageGroupArn": record["ModelPackageGroupArn"]}


def group(machine: Machine, identifier: str) -> Record:
    name = identifier.rsplit("/", 1)[-1]
    record = machine.store.get("model-package-group", name)
    if record is None:
        raise invalid(f"ModelPackageGroup {arn(f'model-package-group/{name}')} does not exist.")
    return record


def delete_group(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    name = group(machine, request["ModelPackageGroupName"])["ModelPackageGroupName"]
    if any(r.get("ModelPackageGroupName") == name for r in machine.store.all("model-package")):
        raise ServiceError(
            "ConflictException", f"Model Package Group {name} cannot be deleted: it has model packages."
        )
    machine.store.pop("model-package-group", name)
    return {}


def create(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    if "ModelPackageGroupName" not in request:
        raise unsupported("An unversioned model package", "; set ModelPackageGroupName")
    if len(request.get("InferenceSpecification", {}).get("Containers", [])) != 1:
        raise unsupported("A model package without exactly one InferenceSpecification container")
    uri = request["InferenceSpecification"]["Containers"][0].get("ModelDataUrl")
    if not uri or not machine.objects.exists(uri):
        raise invalid(f"Could not find model data at {uri}.")
    with machine.registry_lock:
        held = group(machine, request["ModelPackageGroupName"])
        name, version = held["ModelPackageGroupName"], held["LastVersion"] + 1
        machine.store.update("model-package-group", name, LastVersion=version)
    record = {
        "ModelApprovalStatus": "PendingManualApproval",
        **request,
        "ModelPackageGroupName": name,
        "ModelPackageVersion": version,
        "ModelPackageArn": arn(f"model-package/{name}/{version}"),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CreationTime": time.time(),
    }
    machine.store.put("model-package", record["ModelPackageArn"], record)
    _announce(machine, record)
    return {"ModelPackageArn": record["ModelPackageArn"]}


def find(machine: Machine, identifier: str) -> Record:
    """A package by its ARN."""
    record = machine.store.get("model-package", identifier)
    if record is None:
        raise invalid(f"ModelPackage {identifier} does not exist.")
    return record


def update(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    held = find(machine, request["ModelPackageArn"])
    changes = {name: request[name] for name in _CHANGEABLE if name in request}
    metadata = {**held.get("CustomerMetadataProperties", {}), **changes.pop("CustomerMetadataProperties", {})}
    for name in request.get("CustomerMetadataPropertiesToRemove", []):
        metadata.pop(name, None)
    if metadata:
        changes["CustomerMetadataProperties"] = metadata
    machine.store.update("model-package", held["ModelPackageArn"], **changes)
    if "ModelApprovalStatus" in request:
        _announce(machine, find(machine, held["ModelPackageArn"]))
    return {"ModelPackageArn": held["ModelPackageArn"]}


def delete(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    machine.store.pop("model-package", find(machine, request["ModelPackageName"])["ModelPackageArn"])
    return {}


def _announce(machine: Machine, record: Record) -> None:
    """The event AWS puts onto the default bus when a package is created or its approval changes."""
    detail = {
        "ModelPackageName": f"{record['ModelPackageGroupName']}/{record['ModelPackageVersion']}",
        "ModelPackageGroupName": record["ModelPackageGroupName"],
        "ModelPackageVersion": record["ModelPackageVersion"],
        "ModelPackageArn": record["ModelPackageArn"],
        "CreationTime": round(record["CreationTime"] * 1000),
        "ModelPackageStatus": record["ModelPackageStatus"],
        "ModelPackageStatusDetails": record["ModelPackageStatusDetails"],
        "InferenceSpecification": record["InferenceSpecification"],
        "ModelApprovalStatus": record["ModelApprovalStatus"],
        "ApprovalDescription": record.get("ApprovalDescription", ""),
        "CustomerMetadataProperties": record.get("CustomerMetadataProperties", {}),
    }
    machine.announce("SageMaker Model Package State Change", json.dumps(detail), record["ModelPackageArn"])
