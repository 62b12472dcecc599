"""CloudFormation's AWS::ApplicationAutoScaling types over the stand-in's own calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.autoscaling.service import call, target_id
from local.property_values import coerced
from local.request_shapes import operation_model
from local.sagemaker.errors import ServiceError
from local.sagemaker.machine import Machine

_MODEL = "application-autoscaling"
_IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")
Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]


def handlers(machine: Machine) -> dict[str, dict[str, Callable[..., Any] | bool]]:
    def request(operation: str, props: Properties) -> dict[str, Any]:
        model = operation_model(_MODEL, operation)
        return call(machine, operation, coerced(props, model.input_shape if model else None))

    def put_target(_logical_id: str, props: Properties, _stack: str) -> Provisioned:
        if props.get("ScheduledActions"):
            raise ValueError("ScheduledActions of a ScalableTarget are not supported by the local stand-in")
        request("RegisterScalableTarget", props)
        return target_id(props), {"Id": target_id(props)}

    def update_target(_physical_id: str, _old: Properties, new: Properties, stack: str) -> Provisioned:
        # The identity is the physical id: where it changes, the stack deletes the old one.
        return put_target("", new, stack)

    def delete_target(physical_id: str, _props: Properties) -> None:
        _ignore_absent(lambda: request("DeregisterScalableTarget", _parts(physical_id)))

    def put_policy(_logical_id: str, props: Properties, _stack: str) -> Provisioned:
        arn = request("PutScalingPolicy", _of_target(props))["PolicyARN"]
        return arn, {"Arn": arn}

    def update_policy(_physical_id: str, _old: Properties, new: Properties, stack: str) -> Provisioned:
        return put_policy("", new, stack)

    def delete_policy(_physical_id: str, props: Properties) -> None:
        wanted = _of_target(props)
        identity = {name: wanted[name] for name in ("PolicyName", *_IDENTITY)}
        _ignore_absent(lambda: request("DeleteScalingPolicy", identity))

    return {
        "AWS::ApplicationAutoScaling::ScalableTarget": {
            "create": put_target,
            "update": update_target,
            "delete": delete_target,
        },
        "AWS::ApplicationAutoScaling::ScalingPolicy": {
            "create": put_policy,
            "update": update_policy,
            "delete": delete_policy,
        },
    }


def _of_target(props: Properties) -> Properties:
    """A policy's properties with the target spelled out, where the template names it by its id."""
    own = {name: value for name, value in props.items() if name != "ScalingTargetId"}
    return {**own, **_parts(props["ScalingTargetId"])} if "ScalingTargetId" in props else own


def _parts(physical_id: str) -> Properties:
    return dict(zip(_IDENTITY, physical_id.split("|"), strict=True))


def _ignore_absent(delete: Callable[[], Any]) -> None:
    """A resource that is gone already counts as deleted."""
    try:
        delete()
    except ServiceError as error:
        if error.code != "ObjectNotFoundException":
            raise
