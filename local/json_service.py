"""One HTTP request to a stand-in that speaks AWS's JSON 1.1: answered, or refused as the service refuses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from local.sagemaker.errors import ServiceError

Call = Callable[[str, dict[str, Any]], dict[str, Any]]
"""From an operation's name and its request to the answer."""


def respond(
    call: Call, headers: Mapping[str, str], body: bytes, *, fault: str, logger: logging.Logger
) -> tuple[int, dict[str, str], bytes]:
    """Never raises; `fault` is the service's code for what nobody foresaw."""
    kind = {"Content-Type": "application/x-amz-json-1.1"}  # the emulator adds to it
    try:
        answer = call(headers.get("x-amz-target", "").rpartition(".")[2], json.loads(body or b"{}"))
        return 200, kind, json.dumps(answer).encode()
    except ServiceError as error:
        return error.status, kind, json.dumps({"__type": error.code, "message": error.message}).encode()
    except Exception as error:  # the front door answers whatever happens behind it
        logger.exception("not answered")
        return 500, kind, json.dumps({"__type": fault, "message": str(error)}).encode()
