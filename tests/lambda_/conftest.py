"""A function's surroundings: its settings, contracts, the gateway's event and a context."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from catalog.models import MODELS


@dataclass
class Context:
    function_name: str = "function"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id: str = "lambda-request"
    remaining_ms: int = field(default=25_000)

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reaches AWS: an address that refuses, keys that are none. Counts of inputs stay in memory."""
    monkeypatch.setattr("shared.inputs.behind", lambda _: None)
    for spec in MODELS:
        (tmp_path / f"{spec.name}.json").write_text(spec.contract.to_json())
    settings = {
        "CONTRACTS_DIR": str(tmp_path),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "ENVIRONMENT": "local",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def context() -> Context:
    return Context()


Event = Callable[..., dict[str, Any]]


@pytest.fixture
def event() -> Event:
    """A gateway event: `event(path, body)`; a body that is no text is sent as JSON."""

    def make(path: str, body: Any = None, method: str = "POST", **more: Any) -> dict[str, Any]:
        return {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": {"Content-Type": "application/json"},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "requestContext": {"requestId": "request-1", "stage": "local", "resourcePath": path},
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
            **more,
        }

    return make
