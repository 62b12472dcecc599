"""A model's function, as a promotion sees it: it tries a package, and its alarms tell how that fares."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

FAILED_REASON = 300


class CheckFailed(Exception):
    """The function could not try the package; nothing speaks against the package itself."""


@dataclass(frozen=True)
class ServingFunction:
    """`functions` is a lambda client, `alarms` a cloudwatch client; `watched` are the alarms that undo."""

    functions: Any
    alarms: Any
    name: str
    watched: Sequence[str]

    def fault(self, package: str) -> str | None:
        """What is wrong with the package when the function loads it and replays its golden predictions."""
        payload = json.dumps({"check": package}).encode()
        try:
            answer = self.functions.invoke(FunctionName=self.name, Payload=payload)
        except (BotoCoreError, ClientError) as error:
            raise CheckFailed(f"{self.name} could not be asked to try {package}: {error}") from error
        told = json.loads(answer["Payload"].read() or b"{}")
        if answer.get("FunctionError") or "ok" not in told:
            reason = str(told.get("errorMessage") or told)[:FAILED_REASON]
            raise CheckFailed(f"{self.name} could not try {package}: {reason}")
        return None if told["ok"] else str(told.get("reason", "its predictions are not as recorded"))

    def firing(self) -> list[str]:
        """The alarms of `watched` that ring."""
        found = self.alarms.describe_alarms(AlarmNames=list(self.watched), StateValue="ALARM")
        return [alarm["AlarmName"] for alarm in found.get("MetricAlarms", [])]
