"""DescribeTargetHealth over the targets that the stand-in really checks; the emulator knows none of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from local.fargate.balancer import Balancer
from local.fargate.targets import Target

_NAMESPACE = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
Handler = Callable[..., Awaitable[Any]]


def answered(balancer: Balancer, theirs: Handler) -> Handler:
    """`theirs`, the emulator's own handler, but for the health of targets of ours."""

    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Any:
        asked = parse_qs(body.decode(errors="replace"))
        group = balancer.groups.get(asked.get("TargetGroupArn", [""])[0])
        if asked.get("Action") != ["DescribeTargetHealth"] or group is None:
            return await theirs(method, path, headers, body, query)
        members = "".join(_described(target) for target in list(group.targets))
        return 200, {"Content-Type": "text/xml"}, _answer(members).encode()

    return handle


def _described(target: Target) -> str:
    where = f"<Target><Id>127.0.0.1</Id><Port>{target.port}</Port></Target>"
    return f"<member>{where}<TargetHealth><State>{escape(target.state)}</State></TargetHealth></member>"


def _answer(members: str) -> str:
    return (
        f'<DescribeTargetHealthResponse xmlns="{_NAMESPACE}"><DescribeTargetHealthResult>'
        f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions></DescribeTargetHealthResult>"
        "<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></DescribeTargetHealthResponse>"
    )
