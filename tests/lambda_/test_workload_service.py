"""The workload as a service: the function's answers, a bounded queue, an orderly end."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.lambda_.workload import TYPES, Server, read, running, until
from workload.handler import handler
from workload.server import MAX_BODY, Settings

LONG = json.dumps({"workload_type": "heavy_processing", "payload_size_kb": 1500}).encode()
SHORT = {"workload_type": "lightweight_api", "payload_size_kb": 1, "request_id": "r-1"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@pytest.mark.parametrize("kind", TYPES)
def test_the_service_answers_as_the_function_does(server: Server, kind: str) -> None:
    request = {"workload_type": kind, "payload_size_kb": 40, "request_id": "r-2"}
    response, told = server.work(request)
    asked = handler(request, None)
    assert response.status == 200
    assert (told.pop("platform"), asked.pop("platform")) == ("ecs", "lambda")
    for varying in ("work_ms", "cpu_ms", "cold"):
        told.pop(varying), asked.pop(varying)
    assert told == asked


@pytest.mark.parametrize(
    "request_", [{}, [], {**SHORT, "payload": "*"}, {**SHORT, "workload_type": "mining"}]
)
def test_the_service_refuses_as_the_function_does(server: Server, request_: Any) -> None:
    response, told = server.work(request_)
    asked = handler(request_, None)
    assert response.status == asked.pop("statusCode") == 400
    assert response.getheader("Content-Type") == "application/problem+json"
    assert told == asked


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/work", b"{", 400),
        ("POST", "/work", b"\xff", 400),
        ("POST", "/work", b"[" * 200_000, 400),
        ("POST", "/work", b"", 400),
        ("GET", "/work", b"", 405),
        ("POST", "/health", b"", 405),
        ("GET", "/other", b"", 404),
        ("GET", "/health", b"", 200),
    ],
)
def test_paths_and_bodies(server: Server, method: str, path: str, body: bytes, status: int) -> None:
    assert read(server.send(body, path, method))[0].status == status


def test_a_body_beyond_the_limit_is_not_read(server: Server) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", "/work")
    connection.putheader("Content-Length", str(MAX_BODY + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_requests_are_logged_as_json(server: Server) -> None:
    server.work({**SHORT, "request_id": "to-be-logged"})
    told = server.line("answered")
    while told["request_id"] != "to-be-logged":
        told = server.line("answered")
    assert (told["status"], told["path"], told["workload_type"]) == (200, "/work", "lightweight_api")


def test_a_full_queue_is_refused_at_once_while_health_is_answered() -> None:
    with running(CONCURRENCY=1, QUEUE=1, WAIT_S=60) as server:
        first, second = server.send(LONG), server.send(LONG)
        refused: list[int] = []

        def full() -> bool:
            response, _ = server.work(SHORT)
            refused.append(response.status)
            return response.status == 503 and response.getheader("Retry-After") == "1"

        until(full)
        assert server.health() == 200
        assert [read(each)[0].status for each in (first, second)] == [200, 200]
        assert server.work(SHORT)[0].status == 200


def test_waiting_ends() -> None:
    with running(CONCURRENCY=1, QUEUE=8, WAIT_S=0) as server:
        first = server.send(LONG)
        until(lambda: server.work(SHORT)[0].status == 503)
        assert read(first)[0].status == 200


def test_an_order_to_end_lets_the_work_be_done() -> None:
    with running(CONCURRENCY=1, QUEUE=1) as server:
        first, second = server.send(LONG), server.send(LONG)
        until(lambda: server.work(SHORT)[0].status == 503)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: server.health() == 503)
        assert server.work(SHORT)[0].status == 503
        assert [read(each)[0].status for each in (first, second)] == [200, 200]
        assert server.line("drained")["all_answered"] is True
        assert server.process.wait(30) == 0


def test_an_order_to_end_is_obeyed_in_time() -> None:
    with running(CONCURRENCY=1, QUEUE=0, DRAIN_S=0) as server:
        first = server.send(LONG.replace(b"1500", b"10240"))
        until(lambda: server.work(SHORT)[0].status == 503)
        server.process.send_signal(signal.SIGTERM)
        assert server.line("drained")["all_answered"] is False
        assert server.process.wait(30) == 0
        first.close()


def test_settings_are_checked_at_the_start() -> None:
    assert Settings.read({}).host == "127.0.0.1"
    with pytest.raises(ValueError, match=r"CONCURRENCY='many', PORT='-1'"):
        Settings.read({"CONCURRENCY": "many", "PORT": "-1"})
    for wrong in ({"CONCURRENCY": "0"}, {"QUEUE": "1000"}, {"PORT": "70000"}):
        with pytest.raises(ValueError, match="must be 1 to 64"):
            Settings.read(wrong)
