"""EC2's network types that the emulator lacks: registered, doing nothing: all is one machine."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from local.cloudformation import Handlers, Properties, Provisioned

_DOCUMENTED = "192.0.2.{}"
"""Addresses kept for documentation: nobody is reached through them."""


def _elastic_ip(token: str) -> tuple[str, dict[str, Any]]:
    address = _DOCUMENTED.format(1 + int(token, 16) % 254)
    return address, {"PublicIp": address, "AllocationId": f"eipalloc-{token}"}


_KINDS: dict[str, Callable[[str], Provisioned]] = {
    "EIP": _elastic_ip,
    "NatGateway": lambda token: (f"nat-{token}", {"NatGatewayId": f"nat-{token}"}),
    "SecurityGroupIngress": lambda token: (f"sgr-{token}", {"Id": f"sgr-{token}"}),
    "SecurityGroupEgress": lambda token: (f"sgr-{token}", {"Id": f"sgr-{token}"}),
    "FlowLog": lambda token: (f"fl-{token}", {"Id": f"fl-{token}"}),
}


def handlers() -> dict[str, Handlers]:
    return {f"AWS::EC2::{name}": _registered(made) for name, made in _KINDS.items()}


def _registered(made: Callable[[str], Provisioned]) -> Handlers:
    def create(_logical_id: str, _props: Properties, _stack: str) -> Provisioned:
        return made(uuid.uuid4().hex[:17])

    def update(_physical_id: str, _old: Properties, new: Properties, stack: str) -> Provisioned:
        # The identity follows from the properties: CloudFormation replaces these types too.
        return create("", new, stack)

    def delete(_physical_id: str, _props: Properties) -> None:
        """Nothing was made."""

    return {"create": create, "update": update, "delete": delete}
