"""CloudFormation's resource types of SageMaker and Application Auto Scaling, over the stand-ins' own calls.

Physical ids, attributes and what is replaced follow the resource reference: Model and EndpointConfig are
replaced on any change but tags, Endpoint is updated in place and waited for.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local import scaling_resources
from local.property_values import coerced
from local.request_shapes import operation_model
from local.sagemaker import endpoints
from local.sagemaker.errors import ServiceError
from local.sagemaker.machine import Machine
from local.sagemaker.service import call

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]
Handlers = dict[str, Callable[..., Any] | bool]


class ResourceFailed(Exception):
    """Why a resource could not be provisioned, in the words of the stack event."""


def handlers(machine: Machine) -> dict[str, Handlers]:
    """The types' handlers as the emulator keeps them, by type name."""
    kinds = [
        Replaced(machine, "Model"),
        Replaced(machine, "EndpointConfig"),
        Group(machine, "ModelPackageGroup"),
        Endpoint(machine, "Endpoint"),
    ]
    named = {f"AWS::SageMaker::{kind.kind}": kind.handlers() for kind in kinds}
    return {**named, **scaling_resources.handlers(machine)}


@dataclass(frozen=True)
class Resource:
    """What the SageMaker types share: a name that is given or generated, an ARN as physical id, tags."""

    machine: Machine
    kind: str

    def handlers(self) -> Handlers:
        return {
            "create": self.create,
            "update": self.update,
            "delete": self.delete,
            "update_with_logical_id": True,
        }

    def create(self, logical_id: str, props: Properties, _stack: str) -> Provisioned:
        name = props.get(self.name_key) or f"{logical_id[:45]}-{uuid.uuid4().hex[:12]}"
        answer = self.request(f"Create{self.kind}", {**props, self.name_key: name})
        return answer[f"{self.kind}Arn"], self.attributes(name)

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Provisioned:
        raise NotImplementedError

    def delete(self, physical_id: str, _props: Properties) -> None:
        name = physical_id.rsplit("/", 1)[-1]
        if self.machine.store.get(self.table, name) is not None:
            self.request(f"Delete{self.kind}", {self.name_key: name})

    @property
    def name_key(self) -> str:
        return f"{self.kind}Name"

    @property
    def table(self) -> str:
        tables = {"EndpointConfig": "endpoint-config", "ModelPackageGroup": "model-package-group"}
        return tables.get(self.kind, self.kind.lower())

    def attributes(self, name: str) -> dict[str, Any]:
        return {self.name_key: name}

    def request(self, operation: str, props: Properties) -> dict[str, Any]:
        model = operation_model("sagemaker", operation)
        try:
            return call(self.machine, operation, coerced(props, model.input_shape) if model else props)
        except ServiceError as error:
            raise ResourceFailed(f"{error.message} (Service: SageMaker, Error Code: {error.code})") from error

    def retag(self, physical_id: str, new: Properties) -> None:
        self.machine.store.put("tags", physical_id, {tag["Key"]: tag["Value"] for tag in new.get("Tags", [])})


class Replaced(Resource):
    """Model, EndpointConfig: a change of anything but tags makes a new one under a new name."""

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Provisioned:
        if _untagged(old) == _untagged(new):
            self.retag(physical_id, new)
            return physical_id, self.attributes(physical_id.rsplit("/", 1)[-1])
        name = new.get(self.name_key)
        if name and name == old.get(self.name_key):
            raise ResourceFailed(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing."
                f" Rename {name} and update the stack again."
            )
        return self.create(logical_id, new, stack)


class Group(Resource):
    """ModelPackageGroup: the description cannot change in place; tags can."""

    def update(
        self, physical_id: str, _old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Provisioned:
        name = physical_id.rsplit("/", 1)[-1]
        if new.get(self.name_key, name) != name:
            return self.create(logical_id, new, stack)
        changes = {"ModelPackageGroupDescription": new.get("ModelPackageGroupDescription", "")}
        self.machine.store.update(self.table, name, **changes)
        self.retag(physical_id, new)
        return physical_id, self.attributes(name)

    def attributes(self, name: str) -> dict[str, Any]:
        record = self.machine.store.get(self.table, name) or {}
        return {
            "ModelPackageGroupArn": record.get("ModelPackageGroupArn", ""),
            "ModelPackageGroupStatus": "Completed",
            "CreationTime": str(record.get("CreationTime", "")),
        }


class Endpoint(Resource):
    """Endpoint: made and updated in place; the stack waits until it serves, or fails with its reason."""

    _CREATE_ONLY = (
        "ExcludeRetainedVariantProperties",
        "RetainAllVariantProperties",
        "RetainDeploymentConfig",
    )

    def create(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        wanted = {name: value for name, value in props.items() if name not in self._CREATE_ONLY}
        physical_id, attributes = super().create(logical_id, wanted, stack)
        record = self._settled(attributes["EndpointName"])
        if record["EndpointStatus"] != "InService":
            self.delete(physical_id, props)
            raise ResourceFailed(record["FailureReason"])
        return physical_id, attributes

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Provisioned:
        name = physical_id.rsplit("/", 1)[-1]
        if new.get("EndpointName", name) != name:
            return self.create(logical_id, new, stack)
        wanted = {key: value for key, value in new.items() if key != "Tags"}
        if _untagged(old) != _untagged(new):
            self.request("UpdateEndpoint", {**wanted, "EndpointName": name})
            record = self._settled(name)
            if record["EndpointConfigName"] != new["EndpointConfigName"]:
                raise ResourceFailed(record["FailureReason"])
        self.retag(physical_id, new)
        return physical_id, self.attributes(name)

    def _settled(self, name: str) -> dict[str, Any]:
        record = self.machine.store.wait(
            "endpoint", name, lambda r: r is None or r["EndpointStatus"] in endpoints.READY
        )
        if record is None:
            raise ResourceFailed(f"Endpoint {name} was deleted while the stack waited for it.")
        return record


def _untagged(props: Properties) -> Properties:
    return {name: value for name, value in props.items() if name != "Tags"}
