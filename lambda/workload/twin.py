"""What both twins answer to the same request; only the platform's name and the times differ."""

from __future__ import annotations

import base64
import binascii
import time
from itertools import count
from typing import Any

from workload.content import MAX_KB, BadContent
from workload.work import sample, work

MAX_TEXT = -(-MAX_KB * 1024 // 3) * 4
"""Characters of base64 that the largest content takes."""


class Twin:
    """Answers requests of the form {"workload_type", "payload_size_kb", "payload", "request_id"}."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self._calls = count()

    def answer(self, request: Any) -> dict[str, Any]:
        """Raises BadContent where the request or its content cannot be worked on."""
        cold = next(self._calls) == 0
        if not isinstance(request, dict):
            raise BadContent("the request must be a JSON object")
        kind = str(request.get("workload_type"))
        content = _content(request, kind)
        started, used = time.perf_counter(), time.thread_time()
        result = work(kind, content)  # in this thread alone, whichever library does it
        return {
            "workload_type": kind,
            "platform": self.platform,
            "work_ms": round((time.perf_counter() - started) * 1000, 3),
            "cpu_ms": round((time.thread_time() - used) * 1000, 3),
            "cold": cold,
            "result": result,
        }


def _content(request: dict[str, Any], kind: str) -> bytes:
    """The payload sent, or a made-up one of the size named."""
    payload = request.get("payload")
    if payload is None:
        return sample(kind, _size_kb(request.get("payload_size_kb")))
    if not isinstance(payload, str) or len(payload) > MAX_TEXT:
        raise BadContent(f"payload must be base64 text of at most {MAX_TEXT} characters")
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise BadContent("payload is no base64 text") from None


def _size_kb(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise BadContent("payload_size_kb must be a number where no payload is sent")
    return given
