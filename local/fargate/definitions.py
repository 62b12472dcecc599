"""Task definitions: kept by family and revision; what a process of this machine cannot honour is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.fargate.errors import client_error
from local.sagemaker.errors import unsupported
from local.sagemaker.machine import Machine, arn
from local.sagemaker.store import Record

TABLE = "ecs-task-definition"
_STOP_S = 30
_RUN = {"entryPoint", "command", "environment", "essential", "image", "logConfiguration", "name"}
_RUN |= {"portMappings", "stopTimeout"}
# Isolation and limits of a container: a process has none of them, and needs none to answer. Its own health
# check asks its own port, which is another here: the target group's check decides.
_WITHOUT_EFFECT = {"cpu", "memory", "memoryReservation", "readonlyRootFilesystem", "user", "ulimits"}
_WITHOUT_EFFECT |= {"linuxParameters", "mountPoints", "volumesFrom", "systemControls", "dockerLabels"}
_WITHOUT_EFFECT |= {"healthCheck"}
_DEFINITION = {"containerDefinitions", "cpu", "executionRoleArn", "family", "memory", "networkMode", "tags"}
_DEFINITION |= {"requiresCompatibilities", "runtimePlatform", "taskRoleArn", "volumes", "ephemeralStorage"}
_EMPTY: tuple[Any, ...] = (None, [], {}, "", False)


@dataclass(frozen=True)
class Container:
    """What a task runs: the only container of its definition."""

    command: tuple[str, ...]
    environment: dict[str, str]
    port: int | None
    log_group: str
    log_prefix: str
    stop_s: float
    vcpu: float

    @classmethod
    def of(cls, definition: Record) -> Container:
        declared = definition["containerDefinitions"][0]
        ports = declared.get("portMappings") or [{}]
        options = declared.get("logConfiguration", {}).get("options", {})
        return cls(
            command=(*declared.get("entryPoint", []), *declared.get("command", [])),
            environment={pair["name"]: pair["value"] for pair in declared.get("environment", [])},
            port=ports[0].get("containerPort"),
            log_group=options.get("awslogs-group", ""),
            log_prefix=f"{options.get('awslogs-stream-prefix', 'ecs')}/{declared['name']}",
            stop_s=declared.get("stopTimeout", _STOP_S),
            vcpu=int(definition.get("cpu", 1024)) / 1024,
        )


def register(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    problems = list(_unsupported(request))
    if problems:
        raise unsupported("A task definition with " + ", ".join(problems))
    family = request["family"]
    revision = 1 + max((r["revision"] for r in machine.store.all(TABLE) if r["family"] == family), default=0)
    name = f"{family}:{revision}"
    record = {
        **{key: value for key, value in request.items() if key != "tags"},
        "taskDefinitionArn": arn(f"task-definition/{name}", "ecs"),
        "revision": revision,
        "status": "ACTIVE",
        "registeredAt": time.time(),
    }
    machine.store.put(TABLE, name, record)
    return {"taskDefinition": record, "tags": request.get("tags", [])}


def describe(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    return {"taskDefinition": find(machine, request["taskDefinition"])}


def deregister(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    """Inactive, not gone: a service that runs it goes on, as in ECS."""
    record = find(machine, request["taskDefinition"])
    machine.store.update(TABLE, f"{record['family']}:{record['revision']}", status="INACTIVE")
    return {"taskDefinition": {**record, "status": "INACTIVE"}}


def find(machine: Machine, identifier: str) -> Record:
    """By ARN, family:revision, or family for its newest active revision."""
    name = identifier.rsplit("/", 1)[-1]
    if ":" in name:
        found = machine.store.get(TABLE, name)
    else:
        revisions = [r for r in machine.store.all(TABLE) if (r["family"], r["status"]) == (name, "ACTIVE")]
        found = max(revisions, key=lambda r: r["revision"], default=None)
    if found is None:
        raise client_error("Unable to describe task definition.")
    return found


def _unsupported(request: dict[str, Any]) -> Iterator[str]:
    """What the stand-in cannot honour, by name."""
    containers = request["containerDefinitions"]
    yield from sorted(
        name for name, value in request.items() if name not in _DEFINITION and value not in _EMPTY
    )
    yield from (
        f"volume {v['name']} of a host or service" for v in request.get("volumes", []) if set(v) - {"name"}
    )
    if len(containers) != 1:
        yield f"{len(containers)} containers (one is supported)"
    for declared in containers:
        known = _RUN | _WITHOUT_EFFECT
        yield from sorted(n for n, value in declared.items() if n not in known and value not in _EMPTY)
        if not declared.get("entryPoint") and not declared.get("command"):
            yield "the image's own command (name one: no image is pulled here)"
        if len(declared.get("portMappings", [])) > 1:
            yield "more than one port"
        driver = declared.get("logConfiguration", {}).get("logDriver", "awslogs")
        if driver != "awslogs":
            yield f"log driver {driver}"
