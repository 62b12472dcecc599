"""What a caller is told instead of an answer, and JSON lines of what happened, the same on both platforms."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

logger = logging.getLogger("workload")
STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
TITLES = {
    400: "The request is not valid",
    404: "Not found",
    405: "Method not allowed",
    500: "Internal error",
    503: "Busy",
}
LONGEST_ID = 128


def problem(status: int, detail: str, request: Any = None) -> dict[str, Any]:
    """The body of a refusal, in the form of RFC 9457."""
    told = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    found = request_id(request)
    return {**told, "request_id": found} if found else told


def request_id(request: Any) -> str | None:
    """What the caller calls the request, if it is a short text."""
    found = request.get("request_id") if isinstance(request, dict) else None
    return found if isinstance(found, str) and len(found) <= LONGEST_ID else None


class JsonLines(logging.Formatter):
    """One JSON object a line, with what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in STANDARD},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def log_to_stdout() -> None:
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
