"""Services: their records, and the crews that make them true."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from local.fargate import definitions, records
from local.fargate.errors import invalid_parameter, no_service
from local.sagemaker.errors import unsupported
from local.sagemaker.store import Record

if TYPE_CHECKING:
    from local.fargate.fargate import Fargate

_KNOWN = {
    "cluster",
    "serviceName",
    "service",
    "taskDefinition",
    "desiredCount",
    "launchType",
    "loadBalancers",
}
_KNOWN |= {"networkConfiguration", "deploymentConfiguration", "healthCheckGracePeriodSeconds", "tags"}
_KNOWN |= {"propagateTags", "platformVersion", "enableECSManagedTags", "availabilityZoneRebalancing"}
_KNOWN |= {"deploymentController", "schedulingStrategy", "clientToken", "forceNewDeployment"}
_DESCRIBED = (
    *("serviceName", "launchType", "loadBalancers", "networkConfiguration", "deploymentConfiguration"),
    *("taskDefinition", "desiredCount", "runningCount", "pendingCount", "createdAt"),
)


def create(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    _check(request)
    machine = fargate.machine
    key = records.key(machine, request, request["serviceName"])
    cluster = key.partition("/")[0]
    record = {
        **{name: value for name, value in request.items() if name not in ("tags", "cluster")},
        "serviceArn": records.service_arn(key),
        "clusterArn": records.cluster_arn(cluster),
        "taskDefinition": definitions.find(machine, request.get("taskDefinition", ""))["taskDefinitionArn"],
        "desiredCount": request.get("desiredCount", 1),
        "launchType": request.get("launchType", "FARGATE"),
        "status": "ACTIVE",
        "createdAt": time.time(),
        "runningCount": 0,
        "pendingCount": 0,
        "stoppedReason": "",
        **_targets(fargate, request),
        **_deployment(),
    }
    if not machine.store.add(records.SERVICES, key, record):
        raise invalid_parameter("Creation of service was not idempotent.")
    fargate.muster(key)
    return {"service": view(record)}


def update(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    """Takes effect behind the answer: `describe` tells when it is done."""
    _check(request)
    machine = fargate.machine
    with records.changing:
        key, record = records.service(machine, request)
        changes = {name: value for name, value in request.items() if name not in ("cluster", "service")}
        if "taskDefinition" in changes:
            found = definitions.find(machine, changes["taskDefinition"])
            changes["taskDefinition"] = found["taskDefinitionArn"]
        if "loadBalancers" in changes:
            changes |= _targets(fargate, changes)
        if changes.pop("forceNewDeployment", False):
            raise unsupported("UpdateService with forceNewDeployment")
        # A new count alone is no deployment; what is under way goes on with it.
        deploys = changes.get("taskDefinition", record["taskDefinition"]) != record["taskDefinition"]
        if deploys or record["rolloutState"] == "FAILED":
            changes |= _deployment()
        machine.store.update(records.SERVICES, key, **changes)
        return {"service": view({**record, **changes})}


def delete(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    """Its tasks are drained and ended before this answers."""
    key, record = records.service(fargate.machine, request)
    if record["desiredCount"] and not request.get("force"):
        raise invalid_parameter("The service cannot be stopped while it is scaled above 0.")
    fargate.machine.store.pop(records.SERVICES, key)
    fargate.disband(key)
    return {"service": {**view(record), "status": "INACTIVE", "runningCount": 0}}


def describe(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    found, failures = [], []
    for identifier in request["services"]:
        key = records.key(fargate.machine, request, identifier)
        record = fargate.machine.store.get(records.SERVICES, key)
        if record:
            found.append(view(record))
        else:
            failures.append({"arn": records.service_arn(key), "reason": "MISSING"})
    return {"services": found, "failures": failures}


def list_all(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    arn = records.cluster(fargate.machine, request.get("cluster", "default"))["clusterArn"]
    held = fargate.machine.store.all(records.SERVICES)
    return {"serviceArns": [record["serviceArn"] for record in held if record["clusterArn"] == arn]}


def list_tasks(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    return {"taskArns": [arn for arn, _, _ in _tasks(fargate, request)]}


def describe_tasks(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    wanted = {records.last(identifier) for identifier in request["tasks"]}
    told = [view for arn, view, _ in _tasks(fargate, request) if records.last(arn) in wanted]
    absent = wanted - {records.last(task["taskArn"]) for task in told}
    return {"tasks": told, "failures": [{"arn": name, "reason": "MISSING"} for name in sorted(absent)]}


def stop_task(fargate: Fargate, request: dict[str, Any]) -> dict[str, Any]:
    for arn, told, stop in _tasks(fargate, request):
        if records.last(arn) == records.last(request["task"]):
            stop()
            return {"task": {**told, "desiredStatus": "STOPPED", "stoppedReason": request.get("reason", "")}}
    raise invalid_parameter("The referenced task was not found.")


def view(record: Record) -> Record:
    """A service as DescribeServices tells it."""
    deployment = {
        "id": record["deploymentId"],
        "status": "PRIMARY",
        "taskDefinition": record["taskDefinition"],
        "desiredCount": record["desiredCount"],
        "runningCount": record["runningCount"],
        "pendingCount": record["pendingCount"],
        "rolloutState": record["rolloutState"],
        "rolloutStateReason": record["stoppedReason"] if record["rolloutState"] == "FAILED" else "",
        "createdAt": record["deployedAt"],
    }
    told = {name: record[name] for name in _DESCRIBED if name in record}
    named = {name: record[name] for name in ("serviceArn", "clusterArn", "status")}
    return {**told, **named, "deployments": [deployment]}


def _tasks(fargate: Fargate, request: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """(ARN, view, what stops it) of the tasks of a cluster, or of one service of it."""
    cluster = records.cluster(fargate.machine, request.get("cluster", "default"))
    wanted = request.get("serviceName")
    for key, crew in fargate.crews().items():
        home, _, service = key.partition("/")
        if home != cluster["clusterName"] or (wanted and service != records.last(wanted)):
            continue
        for task in list(crew.tasks):
            arn = records.task_arn(home, task.id)
            yield (
                arn,
                task.view(cluster["clusterArn"], service, arn),
                lambda crew=crew, task=task: crew.stop(task),
            )
    if wanted and f"{cluster['clusterName']}/{records.last(wanted)}" not in fargate.crews():
        raise no_service()


def _check(request: dict[str, Any]) -> None:
    absent = sorted(
        name for name, value in request.items() if name not in _KNOWN and value not in (None, [], {})
    )
    if absent:
        raise unsupported(f"A service with {', '.join(absent)}")
    if request.get("launchType", "FARGATE") != "FARGATE":
        raise unsupported(f"Launch type {request['launchType']}", "; supported: FARGATE")
    if len(request.get("loadBalancers", [])) > 1:
        raise unsupported("A service behind more than one target group")


def _targets(fargate: Fargate, request: dict[str, Any]) -> dict[str, str]:
    arns = [item.get("targetGroupArn", "") for item in request.get("loadBalancers", [])]
    if arns and arns[0] not in fargate.balancer.groups:
        raise invalid_parameter(f"The target group with targetGroupArn {arns[0]} does not exist.")
    return {"targetGroupArn": arns[0] if arns else ""}


def _deployment() -> dict[str, Any]:
    return {
        "deploymentId": f"ecs-svc/{uuid.uuid4().int % 10**19}",
        "deployedAt": time.time(),
        "rolloutState": "IN_PROGRESS",
    }
