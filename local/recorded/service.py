"""The front doors: what is recorded is answered from it, everything else by the emulator's own handler."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local import request_shapes
from local.recorded import cloudwatch, ec2, query
from local.sagemaker.errors import ServiceError

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[..., Awaitable[Any]]
JSON: dict[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "ListMetrics": ("cloudwatch", cloudwatch.list_metrics),
    "GetMetricData": ("cloudwatch", cloudwatch.get_metric_data),
    "ListServiceQuotas": ("service-quotas", cloudwatch.quotas),
}


@dataclass
class Recorded:
    """`faults` are errors that the next calls of an action meet, in order."""

    faults: dict[str, list[ServiceError]] = field(default_factory=dict)

    def respond(self, headers: Mapping[str, str], body: bytes) -> Response | None:
        """None where the request is about nothing that is recorded."""
        target = headers.get("x-amz-target", "").rpartition(".")[2]
        if target in JSON:
            return self._json(target, body)
        if target or b"Action=" not in body:
            return None
        action, params, problems = query.parse(body)
        return self._xml(action, params, problems) if action in ec2.ITEMS else None

    def _xml(self, action: str, params: Mapping[str, Any], problems: list[str]) -> Response:
        request_id, kind = str(uuid.uuid4()), {"Content-Type": "text/xml;charset=UTF-8"}
        try:
            self._meet(action)
            if problems:
                raise ServiceError("InvalidParameterValue", "; ".join(problems))
            return 200, kind, ec2.answer(action, params, request_id)
        except ServiceError as error:
            return error.status, kind, ec2.refusal(error, request_id)

    def _json(self, action: str, body: bytes) -> Response | None:
        service, act = JSON[action]
        try:
            params = json.loads(body or b"{}")
        except ValueError:
            return None
        if service == "cloudwatch" and not cloudwatch.mine(action, params):
            return None
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        try:
            self._meet(action)
            if problems := request_shapes.check(service, action, params):
                raise ServiceError("ValidationException", request_shapes.refusal(problems))
            return 200, kind, json.dumps(act(params)).encode()
        except ServiceError as error:
            return error.status, kind, json.dumps({"__type": error.code, "message": error.message}).encode()

    def _meet(self, action: str) -> None:
        waiting = self.faults.get(action)
        if waiting:
            raise waiting.pop(0)

    def before(self, theirs: Handler | None) -> Handler:
        """`theirs`, the emulator's own handler, but for what is recorded."""

        async def handle(
            method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
        ) -> Any:
            found = self.respond(headers, body or b"")
            if found is not None or theirs is None:
                return found or (400, {}, b'{"__type": "InvalidAction"}')
            return await theirs(method, path, headers, body, query)

        return handle
