"""The workload's HTTP interface: POST /work, and GET /health for the load balancer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import IO, Any, NamedTuple

from workload.content import BadContent
from workload.problems import logger, problem, request_id
from workload.slots import Full, Slots
from workload.twin import Twin

RETRY_AFTER_S = "1"
REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
METHODS = {"/work": "POST", "/health": "GET"}
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Reply(NamedTuple):
    status: int
    body: dict[str, Any]
    request_id: str | None = None


class Service:
    """A WSGI application."""

    def __init__(self, twin: Twin, slots: Slots) -> None:
        self._twin, self._slots = twin, slots

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        reply = self._reply(method, path, environ)
        kind = "application/json" if reply.status == 200 else "application/problem+json"
        body = json.dumps(reply.body).encode()
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        if reply.status == 503:
            headers.append(("Retry-After", RETRY_AFTER_S))
        if reply.status == 405:
            headers.append(("Allow", METHODS[path]))
        start_response(f"{reply.status} {REASONS[reply.status]}", headers)
        _log(method, path, reply, started)
        return [body]

    def _reply(self, method: str, path: str, environ: dict[str, Any]) -> Reply:
        if path not in METHODS:
            return Reply(404, problem(404, "there is POST /work, and GET /health"))
        if method != METHODS[path]:
            return Reply(405, problem(405, f"{path} takes {METHODS[path]}"))
        if path == "/health":
            return self._health()
        return self._work(environ["wsgi.input"])

    def _health(self) -> Reply:
        if self._slots.draining:
            return Reply(503, problem(503, "the service is about to end"))
        return Reply(200, {"status": "ready"})

    def _work(self, body: IO[bytes]) -> Reply:
        request: Any = None
        try:
            with self._slots.one():
                request = _parsed(body.read())
                return Reply(200, self._twin.answer(request), request_id(request))
        except Full:
            return Reply(503, problem(503, "all slots are taken and the queue is full; try again"))
        except BadContent as error:
            return Reply(400, problem(400, str(error), request), request_id(request))
        except Exception:
            logger.exception("unforeseen error", extra={"request_id": request_id(request)})
            return Reply(500, problem(500, "the request could not be answered", request), request_id(request))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadContent("the body must be JSON in UTF-8") from None


def _log(method: str, path: str, reply: Reply, started: float) -> None:
    if path == "/health" and reply.status == 200:
        return
    told: dict[str, Any] = {
        "method": method[:16],
        "path": path[:200],
        "status": reply.status,
        "ms": round((time.perf_counter() - started) * 1000, 3),
        "request_id": reply.request_id,
    }
    for name in ("workload_type", "work_ms", "cpu_ms", "cold"):
        if name in reply.body:
            told[name] = reply.body[name]
    logger.info("answered", extra=told)
