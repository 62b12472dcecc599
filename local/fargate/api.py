"""ECS's front door: every request is checked against the service's model, then answered or refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from local import json_service
from local.fargate import definitions, records, services
from local.fargate.errors import invalid_parameter
from local.fargate.fargate import Fargate
from local.request_shapes import check, operation_model, refusal
from local.sagemaker.errors import ServiceError, unsupported
from local.sagemaker.machine import Machine

logger = logging.getLogger("local.fargate")

_SERVICE = "ecs"
Operation = Callable[[Fargate, dict[str, Any]], dict[str, Any]]


def create_cluster(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    name = request.get("clusterName", "default")
    record = {"clusterName": name, "clusterArn": records.cluster_arn(name), "status": "ACTIVE"}
    fargate.machine.store.put(records.CLUSTERS, name, {**record, "settings": request.get("settings", [])})
    return {"cluster": record}


def delete_cluster(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    record = records.cluster(fargate.machine, request["cluster"])
    held = fargate.machine.store.all(records.SERVICES)
    if any(service["clusterArn"] == record["clusterArn"] for service in held):
        raise ServiceError("ClusterContainsServicesException", "The cluster still contains services.")
    fargate.machine.store.pop(records.CLUSTERS, record["clusterName"])
    return {"cluster": {**record, "status": "INACTIVE"}}


def describe_clusters(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    names = {records.last(identifier) for identifier in request.get("clusters", ["default"])}
    held = {record["clusterName"]: record for record in fargate.machine.store.all(records.CLUSTERS)}
    failures = [{"arn": records.cluster_arn(name), "reason": "MISSING"} for name in sorted(names - set(held))]
    return {"clusters": [held[name] for name in sorted(names & set(held))], "failures": failures}


def list_clusters(fargate: Fargate, _request: dict[str, Any]) -> dict[str, Any]:
    return {"clusterArns": [record["clusterArn"] for record in fargate.machine.store.all(records.CLUSTERS)]}


def _of_machine(operation: Callable[[Machine, dict[str, Any]], dict[str, Any]]) -> Operation:
    return lambda fargate, request: operation(fargate.machine, request)


OPERATIONS: dict[str, Operation] = {
    "CreateCluster": create_cluster,
    "DeleteCluster": delete_cluster,
    "DescribeClusters": describe_clusters,
    "ListClusters": list_clusters,
    "RegisterTaskDefinition": _of_machine(definitions.register),
    "DescribeTaskDefinition": _of_machine(definitions.describe),
    "DeregisterTaskDefinition": _of_machine(definitions.deregister),
    "CreateService": services.create,
    "UpdateService": services.update,
    "DeleteService": services.delete,
    "DescribeServices": services.describe,
    "ListServices": services.list_all,
    "ListTasks": services.list_tasks,
    "DescribeTasks": services.describe_tasks,
    "StopTask": services.stop_task,
}


def call(fargate: Fargate, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """One operation: refused as ECS refuses it, or by name where the stand-in has it not."""
    if operation_model(_SERVICE, operation) is None or operation not in OPERATIONS:
        raise unsupported(operation, "; supported: " + ", ".join(sorted(OPERATIONS)))
    problems = check(_SERVICE, operation, request)
    if problems:
        raise invalid_parameter(refusal(problems))
    return OPERATIONS[operation](fargate, request)


def respond(fargate: Fargate, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    """One HTTP request; never raises."""
    return json_service.respond(partial(call, fargate), headers, body, fault="ServerException", logger=logger)
