"""Actions that raise a count by a step, never beyond a cap, and never lower it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from remediate.actions import HOLE, Action, Call, NotAllowed, fill, is_template

MAX_STEP, MAX_CAP = 10, 100
"""What the allow-list itself may ask for at most."""


@dataclass(frozen=True)
class EcsScale(Action):
    """Raises the desired tasks of an ECS service."""

    cluster: str
    service: str
    step: int
    cap: int

    def faults(self) -> Iterator[str]:
        return _faults({"cluster": self.cluster, "service": self.service}, self.step, self.cap)

    def render(self, entity: str) -> Call:
        names = {"cluster": fill(self.cluster, entity), "service": fill(self.service, entity)}
        return {**names, "step": self.step, "cap": self.cap}

    def aim(self, clients: Mapping[str, Any], call: Call) -> Call:
        return call | _raised(call["service"], _tasks(clients["ecs"], call), call["step"], call["cap"])

    def perform(self, clients: Mapping[str, Any], call: Call, token: str) -> str:  # noqa: ARG002
        if _tasks(clients["ecs"], call) >= call["to"]:
            return f"service {call['service']} has {call['to']} tasks or more by now"
        clients["ecs"].update_service(
            cluster=call["cluster"], service=call["service"], desiredCount=call["to"]
        )
        return f"service {call['service']} from {call['from']} to {call['to']} tasks"


@dataclass(frozen=True)
class GroupScale(Action):
    """Raises the desired capacity of an EC2 Auto Scaling group, within the group's own maximum."""

    group: str
    step: int
    cap: int

    def faults(self) -> Iterator[str]:
        return _faults({"group": self.group}, self.step, self.cap)

    def render(self, entity: str) -> Call:
        return {"group": fill(self.group, entity), "step": self.step, "cap": self.cap}

    def aim(self, clients: Mapping[str, Any], call: Call) -> Call:
        current, most = _capacity(clients["autoscaling"], call["group"])
        return call | _raised(call["group"], current, call["step"], min(call["cap"], most))

    def perform(self, clients: Mapping[str, Any], call: Call, token: str) -> str:  # noqa: ARG002
        if _capacity(clients["autoscaling"], call["group"])[0] >= call["to"]:
            return f"group {call['group']} has {call['to']} instances or more by now"
        clients["autoscaling"].set_desired_capacity(
            AutoScalingGroupName=call["group"], DesiredCapacity=call["to"], HonorCooldown=True
        )
        return f"group {call['group']} from {call['from']} to {call['to']} instances"


def _faults(names: Mapping[str, Any], step: Any, cap: Any) -> Iterator[str]:
    for name, value in names.items():
        if not is_template(value):
            yield f"{name} must be a text in which {HOLE} is the only placeholder"
    for name, value, most in (("step", step, MAX_STEP), ("cap", cap, MAX_CAP)):
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            yield f"{name} must be a whole number from 1 to {most}"


def _raised(what: str, current: int, step: int, cap: int) -> dict[str, int]:
    """From the count to one a step higher, at most `cap`; NotAllowed where it is there by now."""
    if current >= cap:
        raise NotAllowed(f"{what} has {current}; the cap is {cap}")
    return {"from": current, "to": min(current + step, cap)}


def _tasks(ecs: Any, call: Call) -> int:
    found = ecs.describe_services(cluster=call["cluster"], services=[call["service"]])["services"]
    if not found or found[0]["status"] != "ACTIVE":
        raise NotAllowed(f"there is no active service {call['service']} in cluster {call['cluster']}")
    return int(found[0]["desiredCount"])


def _capacity(autoscaling: Any, name: str) -> tuple[int, int]:
    """Desired and largest number of instances."""
    found = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if not found:
        raise NotAllowed(f"there is no Auto Scaling group {name}")
    return int(found[0]["DesiredCapacity"]), int(found[0]["MaxSize"])
