"""Application Auto Scaling: endpoint variants are held and told, services are scaled (see `tracking`)."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from local import json_service
from local.fargate.records import SERVICES
from local.request_shapes import check, operation_model, refusal
from local.sagemaker.errors import ServiceError, invalid, unsupported
from local.sagemaker.machine import Machine, arn
from local.sagemaker.store import Record

logger = logging.getLogger("local.autoscaling")

_MODEL = "application-autoscaling"
_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_SERVICE = re.compile(r"service/([^/]+/[^/]+)")
_DIMENSIONS = {
    "sagemaker": "sagemaker:variant:DesiredInstanceCount",
    "ecs": "ecs:service:DesiredCount",
}
_ROLES = {"sagemaker": "SageMakerEndpoint", "ecs": "ECSService"}
_BURSTABLE = "ml.t2."
Operation = Callable[[Machine, dict[str, Any]], dict[str, Any]]


def target_id(request: Mapping[str, Any]) -> str:
    return f"{request['ResourceId']}|{request['ScalableDimension']}|{request['ServiceNamespace']}"


def register(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    """Create or change a scalable target, which must exist; a service is brought into its range."""
    namespace = request["ServiceNamespace"]
    if request["ScalableDimension"] != _DIMENSIONS.get(namespace):
        allowed = ", ".join(_DIMENSIONS.values())
        raise unsupported(f"Scaling {request['ScalableDimension']}", f"; supported: {allowed}")
    key = target_id(request)
    made = {"CreationTime": time.time(), "RoleARN": _role(namespace)}
    held = machine.store.get("scalable-target", key) or made
    record = {"ScalableTargetARN": arn(f"scalable-target/{_short(key)}", _MODEL), **held, **request}
    low, high = record.get("MinCapacity"), record.get("MaxCapacity")
    if low is None or high is None or low > high:
        raise invalid(f"Minimum capacity {low} and maximum capacity {high} must both be set, in this order.")
    check_target = _check_service if namespace == "ecs" else _check_variant
    check_target(machine, request["ResourceId"])
    machine.store.put("scalable-target", key, record)
    if namespace == "ecs":
        scale(machine, record, count_of(machine, record["ResourceId"]))
    return {"ScalableTargetARN": record["ScalableTargetARN"]}


def deregister(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    if machine.store.pop("scalable-target", target_id(request)) is None:
        raise _absent("scalable target", request)
    for record in machine.store.all("scaling-policy"):
        if target_id(record) == target_id(request):
            machine.store.pop("scaling-policy", record["PolicyARN"])
    return {}


def put_policy(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    if machine.store.get("scalable-target", target_id(request)) is None:
        raise _absent("scalable target", request)
    kind = request.get("PolicyType", "StepScaling")
    if f"{kind}PolicyConfiguration" not in request and f"{kind}ScalingPolicyConfiguration" not in request:
        raise invalid(f"A policy of type {kind} needs its configuration.")
    where = f"{request['ServiceNamespace']}/{request['ResourceId']}:policyName/{request['PolicyName']}"
    policy = arn(f"scalingPolicy:{_short(target_id(request))}:resource/{where}", "autoscaling")
    machine.store.put(
        "scaling-policy", policy, {"PolicyARN": policy, "CreationTime": time.time(), "Alarms": [], **request}
    )
    return {"PolicyARN": policy, "Alarms": []}


def delete_policy(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    for record in machine.store.all("scaling-policy"):
        if record["PolicyName"] == request["PolicyName"] and target_id(record) == target_id(request):
            machine.store.pop("scaling-policy", record["PolicyARN"])
            return {}
    raise _absent("scaling policy", request)


def describe_targets(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    wanted = request.get("ResourceIds")
    found = _matching(machine.store.all("scalable-target"), request)
    return {"ScalableTargets": [r for r in found if wanted is None or r["ResourceId"] in wanted]}


def describe_policies(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    names, resource = request.get("PolicyNames"), request.get("ResourceId")
    found = _matching(machine.store.all("scaling-policy"), request)
    found = [r for r in found if names is None or r["PolicyName"] in names]
    return {"ScalingPolicies": [r for r in found if resource is None or r["ResourceId"] == resource]}


def describe_activities(_machine: Machine, _request: dict[str, Any]) -> dict[str, Any]:
    return {"ScalingActivities": []}


OPERATIONS: dict[str, Operation] = {
    "RegisterScalableTarget": register,
    "DeregisterScalableTarget": deregister,
    "DescribeScalableTargets": describe_targets,
    "PutScalingPolicy": put_policy,
    "DeleteScalingPolicy": delete_policy,
    "DescribeScalingPolicies": describe_policies,
    "DescribeScalingActivities": describe_activities,
}


def call(machine: Machine, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    if operation_model(_MODEL, operation) is None or operation not in OPERATIONS:
        raise unsupported(operation, "; supported: " + ", ".join(sorted(OPERATIONS)))
    problems = check(_MODEL, operation, request)
    if problems:
        raise invalid(refusal(problems))
    return OPERATIONS[operation](machine, request)


def respond(machine: Machine, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    """One HTTP request; never raises."""
    return json_service.respond(
        partial(call, machine), headers, body, fault="InternalServiceException", logger=logger
    )


def _check_variant(machine: Machine, resource: str) -> None:
    match = _RESOURCE.fullmatch(resource)
    record = machine.store.get("endpoint", match[1]) if match else None
    config = record and machine.store.get("endpoint-config", record["EndpointConfigName"])
    variants = {v["VariantName"]: v for v in config["ProductionVariants"]} if config else {}
    if match is None or match[2] not in variants:
        raise invalid(f"Could not find the SageMaker variant {resource}.")
    instance_type = variants[match[2]]["InstanceType"]
    if instance_type.startswith(_BURSTABLE):
        raise invalid(f"Variant {resource} runs on {instance_type}; burstable instances cannot be scaled.")


def count_of(machine: Machine, resource: str) -> int:
    """The service's desired count; ValueError where it is no service that is there."""
    match = _SERVICE.fullmatch(resource)
    record = machine.store.get(SERVICES, match[1]) if match else None
    if record is None:
        raise ValueError(resource)
    return int(record["desiredCount"])


def scale(machine: Machine, target: Record, wanted: int) -> int:
    """Set a service's count as near to the wanted one as its range allows; answers the count."""
    count: int = max(target["MinCapacity"], min(target["MaxCapacity"], wanted))
    if count != count_of(machine, target["ResourceId"]):
        _, cluster, service = target["ResourceId"].split("/")
        machine.aws("ecs").update_service(cluster=cluster, service=service, desiredCount=count)
    return count


def _check_service(machine: Machine, resource: str) -> None:
    try:
        count_of(machine, resource)
    except ValueError as error:
        raise invalid(f"ECS service doesn't exist: {resource}") from error


def _matching(records: list[Record], request: dict[str, Any]) -> list[Record]:
    names = ("ServiceNamespace", "ScalableDimension")
    return [r for r in records if all(request.get(name, r[name]) == r[name] for name in names)]


def _absent(kind: str, request: dict[str, Any]) -> ServiceError:
    return ServiceError("ObjectNotFoundException", f"No {kind} found for {target_id(request)}.")


def _short(key: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, key).hex


def _role(namespace: str) -> str:
    path = f"aws-service-role/{namespace}.application-autoscaling.amazonaws.com"
    role = f"AWSServiceRoleForApplicationAutoScaling_{_ROLES[namespace]}"
    return f"arn:aws:iam::000000000000:role/{path}/{role}"
