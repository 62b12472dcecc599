"""Endpoints: created, updated blue/green, deleted. A new fleet answers its ping before it takes over."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from local.sagemaker import variants
from local.sagemaker.errors import invalid, missing
from local.sagemaker.fleet import Fleet
from local.sagemaker.hosting import LoadFailed
from local.sagemaker.machine import Machine, arn
from local.sagemaker.store import Record

logger = logging.getLogger("local.endpoints")

READY = frozenset({"InService", "Failed"})


def create(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    name, config = request["EndpointName"], config_of(machine, request["EndpointConfigName"])
    variants.check_guardrail(config, request.get("DeploymentConfig"))
    now = time.time()
    record = {
        **request,
        "EndpointArn": arn(f"endpoint/{name}"),
        "EndpointStatus": "Creating",
        "CreationTime": now,
        "LastModifiedTime": now,
        **variants.under_config(config, {}),
    }
    if not machine.store.add("endpoint", name, record):
        raise invalid(f'Cannot create already existing endpoint "{record["EndpointArn"]}".')
    _start(_create, machine, name, config)
    return {"EndpointArn": record["EndpointArn"]}


def update(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["EndpointName"]
    record = find(machine, name)
    if record["EndpointStatus"] != "InService":
        raise invalid(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
    config = config_of(machine, request["EndpointConfigName"])
    deployment = request.get("DeploymentConfig")
    if deployment is None and request.get("RetainDeploymentConfig"):
        deployment = record.get("LastDeploymentConfig")
    variants.check_guardrail(config, deployment)
    variants.check_scaled_types(machine, record, config)
    retained = variants.retained(record) if request.get("RetainAllVariantProperties") else {}
    for excluded in request.get("ExcludeRetainedVariantProperties", []):
        for held in retained.values():
            held.pop(excluded["VariantPropertyType"], None)
    machine.store.update("endpoint", name, EndpointStatus="Updating")
    _start(_update, machine, name, config, retained, deployment)
    return {"EndpointArn": record["EndpointArn"]}


def delete(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["EndpointName"]
    find(machine, name)
    machine.store.pop("endpoint", name)
    fleet = machine.fleets.pop(name, None)
    if fleet:
        fleet.close()
    return {}


def set_weights(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateEndpointWeightsAndCapacities: takes effect at once."""
    name = request["EndpointName"]
    record = find(machine, name)
    held = {v["VariantName"]: v for v in record["ProductionVariants"]}
    fleet = fleet_of(machine, name)
    for wanted in request["DesiredWeightsAndCapacities"]:
        variant = held.get(wanted["VariantName"])
        if variant is None:
            raise invalid(f"Could not find variant {wanted['VariantName']} of endpoint {name}.")
        if "DesiredWeight" in wanted:
            weight = wanted["DesiredWeight"]
            variant.update(DesiredWeight=weight, CurrentWeight=weight)
            fleet.variants[wanted["VariantName"]].weight = weight
        if "DesiredInstanceCount" in wanted:
            count = wanted["DesiredInstanceCount"]
            variant.update(DesiredInstanceCount=count, CurrentInstanceCount=count)
    machine.store.update("endpoint", name, ProductionVariants=list(held.values()))
    return {"EndpointArn": record["EndpointArn"]}


def find(machine: Machine, name: str) -> Record:
    record = machine.store.get("endpoint", name)
    if record is None:
        raise missing("endpoint", arn(f"endpoint/{name}"))
    return record


def config_of(machine: Machine, name: str) -> Record:
    config = machine.store.get("endpoint-config", name)
    if config is None:
        raise missing("endpoint configuration", arn(f"endpoint-config/{name}"))
    return config


def fleet_of(machine: Machine, name: str) -> Fleet:
    """The running fleet; after a restart of the stand-in it is built again when it is first needed."""
    with machine.fleet_lock:
        if name not in machine.fleets:
            record = find(machine, name)
            weights = {v["VariantName"]: v["CurrentWeight"] for v in record["ProductionVariants"]}
            machine.fleets[name] = Fleet.build(
                machine, name, config_of(machine, record["EndpointConfigName"]), weights
            )
        return machine.fleets[name]


def _start(work: Any, *args: Any) -> None:
    threading.Thread(target=work, args=args, name="endpoint", daemon=True).start()


def _create(machine: Machine, name: str, config: Record) -> None:
    try:
        machine.fleets[name] = _loaded(machine, name, config, {})
        machine.store.update("endpoint", name, EndpointStatus="InService")
    except LoadFailed as error:
        machine.store.update("endpoint", name, EndpointStatus="Failed", FailureReason=str(error))


def _update(
    machine: Machine, name: str, config: Record, retained: dict[str, Any], deployment: dict[str, Any] | None
) -> None:
    """Blue/green: the old fleet serves until the new one has answered and no rollback alarm is firing."""
    weights = {v: held["DesiredWeight"] for v, held in retained.items() if "DesiredWeight" in held}
    try:
        fleet = _loaded(machine, name, config, weights)
        firing = _firing(machine, deployment)
        if firing:
            fleet.close()
            raise LoadFailed(f"Rolled back: alarm {', '.join(firing)} is in state ALARM.")
    except LoadFailed as error:
        machine.store.update("endpoint", name, EndpointStatus="InService", FailureReason=str(error))
        return
    with machine.fleet_lock:
        old = machine.fleets.pop(name, None)
        machine.fleets[name] = fleet
    changes = {"LastDeploymentConfig": deployment} if deployment else {}
    machine.store.update(
        "endpoint",
        name,
        EndpointStatus="InService",
        FailureReason="",
        **variants.under_config(config, retained),
        **changes,
    )
    if old:
        old.close()


def _loaded(machine: Machine, name: str, config: Record, weights: dict[str, float]) -> Fleet:
    try:
        fleet = Fleet.build(machine, name, config, weights)
        fleet.load()
    except LoadFailed:
        raise
    except Exception as error:  # an endpoint must leave Creating and Updating whatever happens
        logger.exception("endpoint %s", name)
        raise LoadFailed(f"{type(error).__name__}: {error}") from error
    return fleet


def _firing(machine: Machine, deployment: dict[str, Any] | None) -> list[str]:
    """Rollback alarms that are in ALARM; the bake time itself is not waited for."""
    alarms = (deployment or {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    if not alarms:
        return []
    names = [alarm["AlarmName"] for alarm in alarms]
    found = machine.aws("cloudwatch").describe_alarms(AlarmNames=names, StateValue="ALARM")
    return [a["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for a in found.get(kind, [])]
