"""The two back ends: the same request to either, the same answer, and one word for how each can fail."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import urllib3
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError
from urllib3 import exceptions as http_errors

from shared.problems import BadRequest

CONNECT_S = 1.0
THROTTLES = ("TooManyRequestsException", "ThrottlingException", "EC2ThrottledException")


class TwinFailed(Exception):
    """No answer; `reason` is one word. `ran` where work may have been done, and billed, all the same."""

    def __init__(self, reason: str, detail: str, *, ran: bool) -> None:
        super().__init__(detail)
        self.reason, self.ran = reason, ran


class Rejected(BadRequest):
    """The content is at fault, so that no other twin would take it either."""


@dataclass(frozen=True)
class Worked:
    """What a twin answered, how long its work took, and how much of that on a CPU."""

    work_ms: float
    cpu_ms: float
    result: Any


class Twin(Protocol):
    def ask(self, request: Mapping[str, Any], timeout_s: int) -> Worked:
        """Raises TwinFailed, or Rejected."""


@dataclass(frozen=True)
class FunctionTwin:
    """`client` makes a lambda client that waits so many seconds and tries once."""

    client: Callable[[int], Any]
    name: str

    def ask(self, request: Mapping[str, Any], timeout_s: int) -> Worked:
        try:
            answer = self.client(timeout_s).invoke(FunctionName=self.name, Payload=json.dumps(request))
            content = answer["Payload"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise TwinFailed("throttled" if code in THROTTLES else "error", code, ran=False) from error
        except (ReadTimeoutError, http_errors.ReadTimeoutError) as error:
            raise TwinFailed("timeout", type(error).__name__, ran=True) from error
        except ConnectTimeoutError as error:
            raise TwinFailed("unreachable", type(error).__name__, ran=False) from error
        except (BotoCoreError, http_errors.HTTPError, OSError) as error:
            raise TwinFailed("unreachable", type(error).__name__, ran=False) from error
        if answer.get("FunctionError"):
            _raised(content)
        return _worked(content)


@dataclass(frozen=True)
class ServiceTwin:
    """`http` makes a pool of connections that does not try again."""

    http: Callable[[], urllib3.PoolManager]
    url: str

    def ask(self, request: Mapping[str, Any], timeout_s: int) -> Worked:
        try:
            answer = self.http().request(
                "POST",
                f"{self.url.rstrip('/')}/work",
                body=json.dumps(request).encode(),
                headers={"Content-Type": "application/json"},
                timeout=urllib3.Timeout(connect=CONNECT_S, read=timeout_s),
            )
        except http_errors.ReadTimeoutError as error:
            raise TwinFailed("timeout", type(error).__name__, ran=True) from error
        except (http_errors.HTTPError, OSError) as error:
            raise TwinFailed("unreachable", type(error).__name__, ran=False) from error
        if answer.status == 400:
            raise Rejected(_detail(answer.data))
        if answer.status in (429, 503):
            raise TwinFailed("throttled", f"status {answer.status}", ran=False)
        if answer.status != 200:
            raise TwinFailed("error", f"status {answer.status}", ran=True)
        return _worked(answer.data)


def _worked(content: bytes) -> Worked:
    """A function has no status of its own to answer with: where it refuses, its answer names one."""
    try:
        told = json.loads(content, parse_constant=_no_number)
        if told.get("statusCode") == 400:
            raise Rejected(_detail(content))
        worked = Worked(float(told["work_ms"]), float(told["cpu_ms"]), told["result"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TwinFailed("error", f"no answer of a twin: {type(error).__name__}", ran=True) from error
    if not (0 <= worked.work_ms < math.inf and 0 <= worked.cpu_ms < math.inf):
        raise TwinFailed("error", "no answer of a twin: work_ms or cpu_ms is no duration", ran=True)
    return worked


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _raised(content: bytes) -> NoReturn:
    told = _object(content)
    reason = "timeout" if "timed out" in str(told.get("errorMessage")) else "error"
    raise TwinFailed(reason, str(told.get("errorType"))[:100], ran=True)


def _detail(content: bytes) -> str:
    return str(_object(content).get("detail") or "the content cannot be worked on")[:500]


def _object(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
