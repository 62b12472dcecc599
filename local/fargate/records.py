"""Clusters and services as the store holds them: keys, ARNs, look-ups."""

from __future__ import annotations

import threading
from typing import Any

from local.fargate.errors import no_cluster, no_service
from local.sagemaker.machine import Machine, arn
from local.sagemaker.store import Record

CLUSTERS, SERVICES = "ecs-cluster", "ecs-service"
changing = threading.RLock()
"""Held while a service's record is read and written as one."""


def last(identifier: str) -> str:
    """The name at the end of an ARN, or the name itself."""
    return identifier.rsplit("/", 1)[-1]


def cluster_arn(name: str) -> str:
    return arn(f"cluster/{name}", "ecs")


def service_arn(key: str) -> str:
    return arn(f"service/{key}", "ecs")


def cluster(machine: Machine, identifier: str) -> Record:
    found = machine.store.get(CLUSTERS, last(identifier))
    if found is None:
        raise no_cluster()
    return found


def key(machine: Machine, request: dict[str, Any], service: str) -> str:
    """`cluster/service` of a request that names both; the service by name or ARN."""
    return f"{cluster(machine, request.get('cluster', 'default'))['clusterName']}/{last(service)}"


def service(machine: Machine, request: dict[str, Any]) -> tuple[str, Record]:
    """(key, record) of the service a request names."""
    name = key(machine, request, request["service"])
    found = machine.store.get(SERVICES, name)
    if found is None:
        raise no_service()
    return name, found


def task_arn(cluster: str, task: str) -> str:
    return arn(f"task/{cluster}/{task}", "ecs")
