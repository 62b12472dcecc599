"""Every SageMaker operation the stand-in has, by AWS's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from local.sagemaker import endpoints, jobs, models, packages, processing, training, trials, tuning
from local.sagemaker.errors import missing
from local.sagemaker.jobs import Kind
from local.sagemaker.machine import Machine, arn
from local.sagemaker.store import Record
from local.sagemaker.views import described, listed

Operation = Callable[[Machine, dict[str, Any]], dict[str, Any]]


def _describe_job(kind: Kind, machine: Machine, request: dict[str, Any]) -> Record:
    return described(f"Describe{kind.prefix}", kind.get(machine, request[kind.name_key]))


def _list_jobs(kind: Kind, machine: Machine, request: dict[str, Any]) -> Record:
    records = machine.store.all(kind.table)
    return listed(f"List{kind.prefix}s", records, request, kind.name_key, kind.status_key)


def _stop_job(kind: Kind, machine: Machine, request: dict[str, Any]) -> Record:
    name = request[kind.name_key]
    kind.get(machine, name)
    if kind is jobs.TUNING:
        tuning.stop(machine, name)
    else:
        jobs.stop(machine, kind, name)
    return {}


def _describe(table: str, prefix: str, machine: Machine, request: dict[str, Any]) -> Record:
    name = request[f"{prefix}Name"]
    record = machine.store.get(table, name)
    if record is None:
        raise missing(
            "endpoint configuration" if table == "endpoint-config" else table, arn(f"{table}/{name}")
        )
    return described(f"Describe{prefix}", record)


def _list(table: str, prefix: str, machine: Machine, request: dict[str, Any]) -> Record:
    return listed(f"List{prefix}s", machine.store.all(table), request, f"{prefix}Name", f"{prefix}Status")


def _describe_group(machine: Machine, request: dict[str, Any]) -> Record:
    return described("DescribeModelPackageGroup", packages.group(machine, request["ModelPackageGroupName"]))


def _describe_package(machine: Machine, request: dict[str, Any]) -> Record:
    return described("DescribeModelPackage", packages.find(machine, request["ModelPackageName"]))


def _list_packages(machine: Machine, request: dict[str, Any]) -> Record:
    group = request.get("ModelPackageGroupName", "").rsplit("/", 1)[-1]
    records = [r for r in machine.store.all("model-package") if group in ("", r["ModelPackageGroupName"])]
    return listed("ListModelPackages", records, request, "ModelPackageArn", "ModelPackageStatus")


def _add_tags(machine: Machine, request: dict[str, Any]) -> Record:
    held = machine.store.get("tags", request["ResourceArn"]) or {}
    held.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
    machine.store.put("tags", request["ResourceArn"], held)
    return {"Tags": _pairs(held)}


def _delete_tags(machine: Machine, request: dict[str, Any]) -> Record:
    held = machine.store.get("tags", request["ResourceArn"]) or {}
    kept = {key: value for key, value in held.items() if key not in request["TagKeys"]}
    machine.store.put("tags", request["ResourceArn"], kept)
    return {}


def _list_tags(machine: Machine, request: dict[str, Any]) -> Record:
    return {"Tags": _pairs(machine.store.get("tags", request["ResourceArn"]) or {})}


def _pairs(tags: Record) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _of_jobs(kind: Kind, create: Operation) -> dict[str, Operation]:
    return {
        f"Create{kind.prefix}": create,
        f"Describe{kind.prefix}": partial(_describe_job, kind),
        f"List{kind.prefix}s": partial(_list_jobs, kind),
        f"Stop{kind.prefix}": partial(_stop_job, kind),
    }


def _of_resource(table: str, prefix: str, create: Operation, delete: Operation) -> dict[str, Operation]:
    return {
        f"Create{prefix}": create,
        f"Describe{prefix}": partial(_describe, table, prefix),
        f"List{prefix}s": partial(_list, table, prefix),
        f"Delete{prefix}": delete,
    }


OPERATIONS: dict[str, Operation] = {
    **_of_jobs(jobs.PROCESSING, processing.create),
    **_of_jobs(jobs.TRAINING, training.create),
    **_of_jobs(jobs.TUNING, tuning.create),
    "ListTrainingJobsForHyperParameterTuningJob": trials.list_trials,
    **_of_resource("model", "Model", models.create_model, models.delete_model),
    **_of_resource("endpoint-config", "EndpointConfig", models.create_config, models.delete_config),
    **_of_resource("endpoint", "Endpoint", endpoints.create, endpoints.delete),
    "UpdateEndpoint": endpoints.update,
    "UpdateEndpointWeightsAndCapacities": endpoints.set_weights,
    **_of_resource("model-package-group", "ModelPackageGroup", packages.create_group, packages.delete_group),
    "DescribeModelPackageGroup": _describe_group,
    "CreateModelPackage": packages.create,
    "UpdateModelPackage": packages.update,
    "DeleteModelPackage": packages.delete,
    "DescribeModelPackage": _describe_package,
    "ListModelPackages": _list_packages,
    "AddTags": _add_tags,
    "DeleteTags": _delete_tags,
    "ListTags": _list_tags,
}
