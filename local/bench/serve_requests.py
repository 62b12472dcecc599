"""Bodies that a timed function is sent, each later than the one before: every call moves its windows."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, tzinfo=UTC)


class Requests:
    """Bodies for one contract."""

    def __init__(self, contract: Any) -> None:
        self.contract, self._minutes = contract, 0

    def one(self) -> Any:
        return self._record("entity-0", self._next())

    def batch(self, size: int) -> Any:
        """Of as many entities as records; of a detector's series, which comes as a list, one."""
        schema = self.contract.record
        if self.contract.detector:
            points = [self._record("", self._next()) for _ in range(size)]
            own = [{name: each[name] for name in each if name != schema.entity} for each in points]
            return {schema.entity: "entity-0", schema.series: own}
        minute = self._next()
        return {"records": [self._record(f"entity-{n}", minute) for n in range(size)]}

    def _next(self) -> int:
        self._minutes += 1
        return self._minutes

    def _record(self, entity: str, minute: int) -> Any:
        schema = self.contract.record
        measured = {f.name: f.example for f in schema.given if f.missing != "derive"}
        measured |= {f.name: f.categories[minute % len(f.categories)] for f in schema.given if f.categories}
        if ahead_of := self.contract.target.ahead_of:
            measured = {ahead_of: 50 + minute % 17 / 4}
        texts = {text.name: text.example for text in schema.texts}
        if self.contract.detector:
            measured = dict.fromkeys(measured, 50 + minute * 7919 % 101 / 10)
        key = schema.keys[0]
        known = entity if re.fullmatch(key.pattern, entity) else key.example
        time = (START + timedelta(minutes=minute)).isoformat()
        return {schema.entity: known, schema.time: time, **measured, **texts}


def event(body: Any, path: str = "/predict", query: dict[str, str] | None = None) -> dict[str, Any]:
    """The gateway's."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": {"content-type": "application/json"},
        "requestContext": {"requestId": "r", "stage": "v1"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": None,
        "multiValueHeaders": {},
        "pathParameters": None,
        "stageVariables": None,
    }
