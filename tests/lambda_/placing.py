"""The placement function with both twins around it: a lambda client, and an HTTP server on this machine."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from catalog.contract import Contract
from tests.lambda_.conftest import Context, Event
from tests.lambda_.fakes import TIME, Fake
from tests.lambda_.serving import World, archive, export

QUEUE = "https://sqs.us-east-1.amazonaws.com/000000000000/unrecorded"
REQUEST = {
    "workload_type": "lightweight_api",
    "payload_size_kb": 5.0,
    "time_window": "midday",
    "load_pattern": "medium_load",
    "timestamp": "2025-11-23T12:00:00Z",
}


def worked(platform: str, work_ms: float = 12.4, cpu_ms: float = 7.5) -> dict[str, Any]:
    return {
        "workload_type": "lightweight_api",
        "platform": platform,
        "work_ms": work_ms,
        "cpu_ms": cpu_ms,
        "cold": False,
        "result": {"by": platform},
    }


class Function(Fake):
    """The function twin: `answer` is its payload, or an exception of the client."""

    service = "lambda"

    def __init__(self) -> None:
        super().__init__()
        self.answer: Any = worked("lambda")
        self.error: str | None = None

    def Invoke(self, FunctionName: str, Payload: str) -> Any:  # noqa: N802, N803 - AWS's names
        assert FunctionName == "twin"
        if isinstance(self.answer, Exception):
            raise self.answer
        told = {"FunctionError": self.error} if self.error else {}
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(self.answer).encode()), **told}

    def requests(self) -> list[Any]:
        return [json.loads(request["Payload"]) for _, request in self.calls]


class Service:
    """The service twin: a real server that answers `status` and `answer` after `delay_s`."""

    def __init__(self) -> None:
        self.status, self.answer, self.delay_s = 200, json.dumps(worked("ecs")).encode(), 0.0
        self.requests: list[Any] = []
        self.callers: list[int] = []
        self.headers: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=lambda: self._server.serve_forever(0.01), daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.requests.append((self.path, json.loads(body)))
                service.callers.append(self.client_address[1])
                time.sleep(service.delay_s)
                self.send_response(service.status)
                self.send_header("Content-Length", str(len(service.answer)))
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(ConnectionError):  # the caller may have left
                    self.wfile.write(service.answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Firehose(Fake):
    service = "firehose"

    def __init__(self) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self.rows: list[Any] = []

    def PutRecord(self, DeliveryStreamName: str, Record: Any) -> Any:  # noqa: N802, N803 - AWS's names
        assert DeliveryStreamName == "outcomes"
        if self.failure:
            raise self.failure
        line = Record["Data"].decode()
        assert line.endswith("\n")
        assert line.count("\n") == 1
        self.rows.append(json.loads(line))
        return {"RecordId": "1"}


class Queue(Fake):
    service = "sqs"

    def __init__(self) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self.letters: list[Any] = []

    def SendMessageBatch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N802, N803 - AWS's names
        assert QueueUrl == QUEUE
        if self.failure:
            raise self.failure
        self.letters += [json.loads(each["MessageBody"]) for each in Entries]
        return {"Successful": []}


class PlaceWorld(World):
    """`route` sends a body to POST /route."""

    def __init__(self, service: Service, event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__("placement", event, monkeypatch)
        self.service, self.function, self.firehose, self.queue = service, Function(), Firehose(), Queue()
        self.clients |= {"lambda": self.function, "firehose": self.firehose, "sqs": self.queue}
        self.context = Context(memory_limit_in_mb=512)
        self.ssm.history["exploration"] = ["0"]
        self.settings = {
            "FUNCTION_TWIN": "twin",
            "SERVICE_URL": service.url,
            "OUTCOMES": "outcomes",
            "DEAD_LETTERS": QUEUE,
            "EXPLORATION": "exploration",
        }
        for name, value in self.settings.items():
            monkeypatch.setenv(name, value)
        self.restart()

    def serve(self, bias: float = 0.0, **changed: Any) -> str:
        """Promotes a model that leans to lambda by `bias`; its package."""
        package = self.publish(archive(self.contract, export(self.contract, {"lambda": bias}), **changed))
        facts = {"accuracy": "0.823", "profile": "synthetic"}
        self.registry.packages[package] |= {"CustomerMetadataProperties": facts, "CreationTime": TIME}
        self.promote(package)
        return package

    def route(self, body: Any, platform: str | None = None, own_id: str = "") -> tuple[int, Any]:
        """`own_id` is the API's id of the request."""
        query = {"queryStringParameters": {"platform": platform}} if platform else {}
        event = self._event("/route", body, **query)
        event["requestContext"]["requestId"] = own_id or event["requestContext"]["requestId"]
        response = self.module.handler(event, self.context)
        return response["statusCode"], json.loads(response["body"])

    def routed(self, platform: str | None = None, own_id: str = "", **changed: Any) -> Any:
        status, answer = self.route({**REQUEST, **changed}, platform, own_id)
        assert status == 200, answer
        return answer

    def explore(self, percent: str) -> None:
        self.ssm.history["exploration"].append(percent)
        self.module.parts().router.exploration._until = float("-inf")


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


@pytest.fixture
def place(service: Service, event: Event, monkeypatch: pytest.MonkeyPatch) -> PlaceWorld:
    return PlaceWorld(service, event, monkeypatch)


def described(contract: Contract, learner: str = "XGBoost") -> bytes:
    """model.json of a learner that is called so."""
    about = {"format": 1, "contract_hash": contract.hash, "learner": "xgboost", "learner_title": learner}
    return json.dumps(about).encode()


def emitted(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """All counts since the last call, added up by name."""
    found: dict[str, float] = {}
    for line in capsys.readouterr().out.splitlines():
        if '"_aws"' in line:
            for name, value in json.loads(line).items():
                if isinstance(value, list):
                    found[name] = found.get(name, 0) + sum(value)
    return found
