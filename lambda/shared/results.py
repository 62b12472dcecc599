"""What became of a training execution, in the words of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.registry import version

STATUS = {
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "timed_out",
    "ABORTED": "aborted",
    "PENDING_REDRIVE": "failed",
}
TOLD = ("package", "status", "reasons", "run", "training_job")
"""What the state machine's output tells of the candidate."""
LONGEST_CAUSE = 500


def told(model: str, execution_id: str, described: Mapping[str, Any]) -> dict[str, Any]:
    """The body that answers for an execution as DescribeExecution describes it."""
    status = STATUS[described["status"]]
    body = {
        "execution_id": execution_id,
        "model": model,
        "status": status,
        "started_at": _text(described.get("startDate")),
        "ended_at": _text(described.get("stopDate")),
    }
    if status == "succeeded":
        return {**body, "result": _result(model, described.get("output") or "{}")}
    if status != "running":
        return {**body, "error": _error(status, described)}
    return body


def _result(model: str, output: str) -> dict[str, Any]:
    found = json.loads(output)
    result = {name: found.get(name) for name in TOLD}
    return {**result, "package": version(model, result["package"]) if result["package"] else None}


def _error(status: str, described: Mapping[str, Any]) -> str:
    parts = [part for part in (described.get("error"), described.get("cause")) if part]
    return " ".join(": ".join(parts or [status]).split())[:LONGEST_CAUSE]


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
