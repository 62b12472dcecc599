"""CloudFormation's AWS::ECS types over the stand-in's own calls."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from local.cloudformation import Handlers, Properties, Provisioned, ResourceFailed
from local.fargate import records
from local.fargate.api import call
from local.fargate.fargate import Fargate
from local.property_values import api_named, coerced
from local.request_shapes import operation_model
from local.sagemaker.errors import ServiceError

_STEADY_S = 300
_PREFIX = "AWS::ECS::"
_ABSENT = ("ServiceNotFoundException", "ClusterNotFoundException", "ClientException")
_IDENTITY = ("ServiceName", "Cluster", "LaunchType")


def handlers(fargate: Fargate) -> dict[str, Handlers]:
    kinds = {"Cluster": Cluster, "TaskDefinition": TaskDefinition, "Service": Service}
    return {f"{_PREFIX}{name}": kind(fargate).handlers() for name, kind in kinds.items()}


class Resource:
    """What the types share: a call that fails with the service's own words."""

    def __init__(self, fargate: Fargate) -> None:
        self.fargate = fargate

    def handlers(self) -> Handlers:
        made: dict[str, Callable[..., Any] | bool] = {"update_with_logical_id": True}
        return made | {"create": self.create, "update": self.update, "delete": self.delete}

    def create(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        raise NotImplementedError

    def update(
        self, _physical_id: str, _old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Provisioned:
        """Where not said otherwise, a change makes a new one."""
        return self.create(logical_id, new, stack)

    def delete(self, physical_id: str, props: Properties) -> None:
        raise NotImplementedError

    def request(self, operation: str, props: Properties) -> dict[str, Any]:
        model = operation_model("ecs", operation)
        shape = model.input_shape if model else None
        try:
            return call(self.fargate, operation, coerced(api_named(props, shape), shape))
        except ServiceError as error:
            raise ResourceFailed(f"{error.message} (Service: ECS, Error Code: {error.code})") from error

    def remove(self, operation: str, request: Properties) -> None:
        """One that is gone already counts as deleted."""
        try:
            call(self.fargate, operation, request)
        except ServiceError as error:
            if error.code not in _ABSENT:
                raise ResourceFailed(error.message) from error


class Cluster(Resource):
    def create(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        name = props.get("ClusterName") or _name(stack, logical_id)
        known = {key: value for key, value in props.items() if key not in ("ClusterSettings", "ClusterName")}
        wanted = {**known, "ClusterName": name, "Settings": props.get("ClusterSettings", [])}
        made = self.request("CreateCluster", wanted)["cluster"]
        return name, {"Arn": made["clusterArn"], "ClusterName": name}

    def update(
        self, physical_id: str, _old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Provisioned:
        return self.create(logical_id, {"ClusterName": physical_id, **new}, stack)

    def delete(self, physical_id: str, _props: Properties) -> None:
        self.remove("DeleteCluster", {"cluster": physical_id})


class TaskDefinition(Resource):
    def create(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        family = props.get("Family") or _name(stack, logical_id)
        made = self.request("RegisterTaskDefinition", {**props, "Family": family})["taskDefinition"]
        return made["taskDefinitionArn"], {"TaskDefinitionArn": made["taskDefinitionArn"]}

    def delete(self, physical_id: str, _props: Properties) -> None:
        self.remove("DeregisterTaskDefinition", {"taskDefinition": physical_id})


class Service(Resource):
    """The stack waits until the service is steady, or fails with the reason of its tasks."""

    def create(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        name = props.get("ServiceName") or _name(stack, logical_id)
        made = self.request("CreateService", {**props, "ServiceName": name})["service"]
        try:
            self._steady(made["serviceArn"])
        except ResourceFailed:
            self.delete(made["serviceArn"], props)
            raise
        return made["serviceArn"], {"ServiceArn": made["serviceArn"], "Name": name}

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Provisioned:
        if any(old.get(key) != new.get(key) for key in _IDENTITY):
            return self.create(logical_id, new, stack)
        changed = {k: v for k, v in new.items() if v != old.get(k) and k not in (*_IDENTITY, "Tags")}
        name = records.last(physical_id)
        identity = {"Cluster": new.get("Cluster", "default"), "Service": name}
        if changed:
            self.request("UpdateService", {**changed, **identity})
            try:
                self._steady(physical_id)
            except ResourceFailed:
                # The emulator rolls back the resources that were updated, not the one that failed.
                back = {name: old[name] for name in changed if name in old}
                self.request("UpdateService", {**back, **identity})
                self._steady(physical_id)
                raise
        return physical_id, {"ServiceArn": physical_id, "Name": name}

    def delete(self, physical_id: str, _props: Properties) -> None:
        _, cluster, name = physical_id.rsplit("/", 2)
        self.remove("DeleteService", {"cluster": cluster, "service": name, "force": True})

    def _steady(self, arn: str) -> None:
        _, cluster, name = arn.rsplit("/", 2)
        deadline = time.monotonic() + _STEADY_S
        while time.monotonic() < deadline:
            found = call(self.fargate, "DescribeServices", {"cluster": cluster, "services": [name]})
            if not found["services"]:
                raise ResourceFailed(f"Service {name} was deleted while the stack waited for it.")
            deployment = found["services"][0]["deployments"][0]
            if deployment["rolloutState"] == "COMPLETED":
                return
            if deployment["rolloutState"] == "FAILED":
                raise ResourceFailed(
                    f"Service {name} did not become steady: {deployment['rolloutStateReason']}"
                )
            time.sleep(0.1)
        raise ResourceFailed(f"Service {name} was not steady within {_STEADY_S} s.")


def _name(stack: str, logical_id: str) -> str:
    return f"{stack}-{logical_id[:40]}-{uuid.uuid4().hex[:12]}"
