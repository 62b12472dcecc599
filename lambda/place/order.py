"""What a caller of POST /route asks for: a request to place, its content, and who chooses."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contract import Problem, shown
from place.choice import SIZE, Chooser
from serve.request import Reader, Request
from shared.problems import BadRequest

AUTO = "auto"
OFF_SHARE, OFF_KB = 0.01, 0.1
"""What the content's size may be off the size that is told."""


@dataclass(frozen=True)
class Order:
    """`payload` is base64 as it came, None where the twin makes content up; `forced` the platform that the
    caller chose; `own_id` the API's id, which no caller can choose."""

    request: Request
    payload: str | None
    forced: str | None
    own_id: str

    @property
    def record(self) -> Mapping[str, Any]:
        return self.request.sent[0].record


@dataclass(frozen=True)
class Orders:
    """Reads bodies and the query's `platform`."""

    reader: Reader
    chooser: Chooser

    def read(self, body: Any, platform: str | None, request_id: str) -> Order:
        """Raises BadRequest with every wrong field."""
        if isinstance(body, dict) and "records" in body:
            raise BadRequest("one request is served at a time", [Problem("records", "is for /predict")])
        fields = dict(body) if isinstance(body, dict) else body
        payload = fields.pop("payload", None) if isinstance(fields, dict) else None
        request, errors = self._request(fields, request_id)
        record = request.sent[0].record if request else {}
        errors += [*self._payload(payload, record), *self._platform(platform, record)]
        if errors or request is None:
            raise BadRequest(f"{len(errors)} wrong in the request", errors)
        return Order(request, payload, None if platform in (None, AUTO) else platform, request_id)

    def _request(self, fields: Any, request_id: str) -> tuple[Request | None, list[Problem]]:
        try:
            return self.reader.read(fields, request_id), []
        except BadRequest as error:
            if not error.errors:
                raise
            return None, list(error.errors)

    def _payload(self, payload: Any, record: Mapping[str, Any]) -> list[Problem]:
        if payload is None:
            return []
        if not isinstance(payload, str):
            return [Problem("payload", f"must be base64 text, got {shown(payload)}")]
        try:
            size_kb = len(base64.b64decode(payload, validate=True)) / 1024
        except (binascii.Error, ValueError):
            return [Problem("payload", "must be base64 text")]
        told = record.get(SIZE, size_kb)
        if abs(size_kb - told) <= OFF_SHARE * told + OFF_KB:
            return []
        return [Problem("payload", f"holds {size_kb:.1f} KB; {SIZE} says {told:g}")]

    def _platform(self, platform: str | None, record: Mapping[str, Any]) -> list[Problem]:
        known = self.chooser.contract.target.classes
        if platform not in (None, AUTO, *known):
            return [Problem("platform", f"must be one of {', '.join((AUTO, *known))}, got {shown(platform)}")]
        if platform in known and SIZE in record and not self.chooser.allows(platform, record):
            limit = self.chooser.placement.function.limit_kb
            return [Problem("platform", f"{platform} takes payloads of up to {limit:g} KB")]
        return []
