"""CloudFormation's load balancer types: the emulator keeps the records, the stand-in really listens.

One HTTP listener on port 80 forwards to one target group; the rest is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.cloudformation import Handlers, Properties, Provisioned, ResourceFailed
from local.fargate.balancer import Front
from local.fargate.fargate import BALANCERS, GROUPS, LISTENERS, Fargate
from local.fargate.targets import Group
from local.run.processes import free_port

_PREFIX = "AWS::ElasticLoadBalancingV2::"
_IDLE = "idle_timeout.timeout_seconds"


def handlers(
    fargate: Fargate, theirs: dict[str, Handlers], named: Callable[[str, str], None]
) -> dict[str, Handlers]:
    """Over `theirs`, the emulator's own; `named` tells the emulator a load balancer's address."""
    kinds = {
        "LoadBalancer": LoadBalancer(fargate, theirs[f"{_PREFIX}LoadBalancer"], named),
        "TargetGroup": TargetGroup(fargate, theirs[f"{_PREFIX}TargetGroup"]),
        "Listener": Listener(fargate, theirs[f"{_PREFIX}Listener"]),
    }
    rule = {**theirs[f"{_PREFIX}ListenerRule"], "create": _no_rule}
    return {
        **{f"{_PREFIX}{name}": kind.handlers() for name, kind in kinds.items()},
        f"{_PREFIX}ListenerRule": rule,
    }


class Kept:
    """A type whose records are the emulator's and whose work is ours: `attach`, `detach`."""

    def __init__(self, fargate: Fargate, theirs: Handlers) -> None:
        self.fargate = fargate
        self._theirs: dict[str, Any] = theirs

    def handlers(self) -> Handlers:
        made: Handlers = {"create": self.create, "update": self.update, "delete": self.delete}
        return {**self._theirs, **made, "update_with_logical_id": True}

    def create(self, logical_id: str, props: Properties, stack: str) -> Provisioned:
        self.check(props)
        arn, attributes = self._theirs["create"](logical_id, props, stack)
        return arn, {**attributes, **self.attach(arn, props, attributes)}

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Provisioned:
        self.check(new)
        arn, attributes = self._theirs["update"](physical_id, old, new, stack, logical_id)
        return arn, {**attributes, **self.attach(arn, new, attributes)}

    def delete(self, physical_id: str, props: Properties) -> None:
        self.detach(physical_id)
        self._theirs["delete"](physical_id, props)

    def check(self, props: Properties) -> None:
        """ResourceFailed, by name, where the stand-in cannot."""

    def attach(self, arn: str, props: Properties, attributes: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def detach(self, arn: str) -> None:
        raise NotImplementedError


class LoadBalancer(Kept):
    """Its address is a port of this machine, the same for as long as it exists."""

    def __init__(self, fargate: Fargate, theirs: Handlers, named: Callable[[str, str], None]) -> None:
        super().__init__(fargate, theirs)
        self._named = named

    def check(self, props: Properties) -> None:
        if props.get("Type", "application") != "application":
            raise ResourceFailed(
                f"Load balancers of type {props['Type']} are not supported here; application is"
            )

    def attach(self, arn: str, props: Properties, attributes: dict[str, Any]) -> dict[str, Any]:
        held = self.fargate.machine.store.get(BALANCERS, arn)
        given = {pair["Key"]: pair["Value"] for pair in props.get("LoadBalancerAttributes", [])}
        port = held["front"]["port"] if held else free_port()
        front = {
            "name": attributes["LoadBalancerFullName"],
            "port": port,
            "idle_s": float(given.get(_IDLE, 60)),
        }
        if held is None or held["front"] != front:
            self.fargate.balancer.reopen(arn, Front(**front))
            self.fargate.machine.store.put(BALANCERS, arn, {"arn": arn, "front": front})
        address = f"127.0.0.1:{port}"
        self._named(arn, address)
        return {"DNSName": address}

    def detach(self, arn: str) -> None:
        self.fargate.balancer.close(arn)
        self.fargate.machine.store.pop(BALANCERS, arn)


class TargetGroup(Kept):
    def check(self, props: Properties) -> None:
        kind, protocol = props.get("TargetType", "instance"), props.get("Protocol", "HTTP")
        if (kind, protocol) != ("ip", "HTTP"):
            raise ResourceFailed(
                f"Target groups of {kind} over {protocol} are not supported here; ip over HTTP is"
            )

    def attach(self, arn: str, props: Properties, attributes: dict[str, Any]) -> dict[str, Any]:
        name = attributes["TargetGroupFullName"]
        record = {"arn": arn, "name": name, "props": props}
        self.fargate.machine.store.put(GROUPS, arn, record)
        self.fargate.balancer.put(arn, Group.of(props, name))
        return {}

    def detach(self, arn: str) -> None:
        self.fargate.balancer.groups.pop(arn, None)
        self.fargate.machine.store.pop(GROUPS, arn)


class Listener(Kept):
    def check(self, props: Properties) -> None:
        if (props.get("Protocol"), int(props.get("Port", 0))) != ("HTTP", 80):
            raise ResourceFailed("Listeners other than HTTP on port 80 are not supported here")
        if not _group(props):
            raise ResourceFailed(
                "A listener forwards to one target group here; other actions are not supported"
            )

    def attach(self, arn: str, props: Properties, _attributes: dict[str, Any]) -> dict[str, Any]:
        record = {"arn": arn, "balancer": props["LoadBalancerArn"], "group": _group(props)}
        self.fargate.machine.store.put(LISTENERS, arn, record)
        self.fargate.balancer.routes[record["balancer"]] = record["group"]
        return {}

    def detach(self, arn: str) -> None:
        record = self.fargate.machine.store.pop(LISTENERS, arn)
        if record:
            self.fargate.balancer.routes.pop(record["balancer"], None)


def _group(props: Properties) -> str:
    """The one target group that the default action forwards to; empty where it is anything else."""
    actions = props.get("DefaultActions", [])
    if len(actions) != 1 or actions[0].get("Type") != "forward":
        return ""
    listed = actions[0].get("ForwardConfig", {}).get("TargetGroups", [])
    arns = {item["TargetGroupArn"] for item in listed} | {actions[0].get("TargetGroupArn", "")} - {""}
    return arns.pop() if len(arns) == 1 else ""


def _no_rule(_logical_id: str, _props: Properties, _stack: str) -> Provisioned:
    raise ResourceFailed("Listener rules are not supported here; the listener's default action is")
