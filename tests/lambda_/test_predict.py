"""Every status of POST /api/predict/..., over all models."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from catalog.spec import ModelSpec
from predict import handler as module
from tests.lambda_.conftest import Context, Event
from tests.lambda_.examples import answer, prediction, record
from tests.lambda_.fakes import Scripted, refusal
from tests.models import ENDPOINTS

pytestmark = pytest.mark.parametrize("spec", ENDPOINTS, ids=lambda spec: spec.name)


@pytest.fixture(autouse=True)
def _routes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    routes = {spec.route: {"model": spec.name, "endpoint": f"local-{spec.name}"} for spec in ENDPOINTS}
    monkeypatch.setenv("ROUTES", json.dumps(routes))
    monkeypatch.setenv("STATE_TABLE", "state")
    module.predictors.cache_clear()
    yield
    module.predictors.cache_clear()


class Caller:
    """Sends events to the handler, behind which an endpoint gives scripted answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, event: Event, context: Context) -> None:
        self._monkeypatch, self._event, self._context = monkeypatch, event, context
        self.endpoint = Scripted("sagemaker-runtime", [])

    def __call__(self, spec: ModelSpec, body: Any, *answers: Any, **more: Any) -> tuple[int, Any, Any]:
        self.endpoint = Scripted("sagemaker-runtime", answers)
        self._monkeypatch.setattr("boto3.client", lambda *_, **__: self.endpoint)
        module.predictors.cache_clear()
        response = module.handler(self._event(more.pop("path", spec.route), body, **more), self._context)
        headers = {name: values[0] for name, values in response["multiValueHeaders"].items()}
        return response["statusCode"], json.loads(response["body"]), headers


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, event: Event, context: Context) -> Caller:
    return Caller(monkeypatch, event, context)


def test_one_record_is_answered_by_the_model(spec: ModelSpec, call: Caller) -> None:
    status, body, _ = call(spec, record(spec.contract), answer(spec.contract))
    assert status == 200
    assert body == {
        "model": spec.name,
        "model_version": f"{spec.name}/7",
        "degraded": False,
        "request_id": "request-1",
        "prediction": prediction(spec.contract),
    }
    sent = call.endpoint.calls[0][1]
    assert sent["EndpointName"] == f"local-{spec.name}"
    assert json.loads(sent["Body"]) == {"records": [record(spec.contract)], "explain": True}


def test_a_batch_keeps_its_order_and_its_duplicates(spec: ModelSpec, call: Caller) -> None:
    records = [record(spec.contract), record(spec.contract), record(spec.contract, volume_id="other")]
    status, body, _ = call(
        spec, {"records": records}, answer(spec.contract, 3), queryStringParameters={"explain": "false"}
    )
    assert (status, len(body["predictions"])) == (200, 3)
    assert json.loads(call.endpoint.calls[0][1]["Body"]) == {"records": records, "explain": False}


def test_a_body_in_base64_is_read(spec: ModelSpec, call: Caller) -> None:
    body = base64.b64encode(json.dumps(record(spec.contract)).encode()).decode()
    assert call(spec, body, answer(spec.contract), isBase64Encoded=True)[0] == 200


def test_every_wrong_field_is_named_at_once(spec: ModelSpec, call: Caller) -> None:
    bad = record(spec.contract, volume_id=None, error_rate=2, queue_depth="x", timestamp="now", color="red")
    status, body, headers = call(spec, {"records": [record(spec.contract), bad, 5]})
    assert status == 400
    assert headers["Content-Type"] == "application/problem+json"
    assert {error["field"] for error in body["errors"]} == {
        "records[1].volume_id",
        "records[1].timestamp",
        "records[1].error_rate",
        "records[1].queue_depth",
        "records[1].color",
        "records[2]",
    }
    assert {"type", "title", "status", "detail", "request_id"} <= set(body)
    assert call.endpoint.calls == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[1]",
        "5",
        '{"queue_depth": NaN}',
        '{"queue_depth": -Infinity}',
        '{"queue_depth": ' + "9" * 5000 + "}",
        "[" * 100_000,
        '{"records": ' * 50_000,
        {"records": []},
        {"records": {}},
        {"records": [{}], "also": 1},
    ],
    ids=lambda body: str(body)[:24],
)
def test_what_is_no_request_is_a_400(spec: ModelSpec, call: Caller, body: Any) -> None:
    assert call(spec, body)[0] == 400


@pytest.mark.parametrize("literal", ["1e999", "9" * 400, "-1e999"])
def test_a_number_without_end_is_a_wrong_field(spec: ModelSpec, call: Caller, literal: str) -> None:
    text = json.dumps(record(spec.contract, queue_depth=-777.5)).replace("-777.5", literal)
    status, body, _ = call(spec, text)
    assert (status, [error["field"] for error in body["errors"]]) == (400, ["queue_depth"])


@pytest.mark.parametrize("raw", ["not base64!", base64.b64encode(b"\xff\xfe{").decode()])
def test_a_garbled_body_is_a_400(spec: ModelSpec, call: Caller, raw: str) -> None:
    assert call(spec, raw, isBase64Encoded=True)[0] == 400


def test_too_much_is_a_413(spec: ModelSpec, call: Caller) -> None:
    assert call(spec, {"records": [record(spec.contract)] * 501})[0] == 413
    assert call(spec, '{"volume_id": "' + "x" * 1_000_000 + '"}')[0] == 413


def test_another_media_type_is_a_415(spec: ModelSpec, call: Caller) -> None:
    status, body, _ = call(spec, "a,b", headers={"content-type": "text/csv"})
    assert (status, body["status"]) == (415, 415)
    charset = {"content-type": "Application/JSON; charset=utf-8"}
    assert call(spec, record(spec.contract), answer(spec.contract), headers=charset)[0] == 200


def test_an_unknown_model_is_a_404(spec: ModelSpec, call: Caller) -> None:
    status, body, _ = call(spec, record(spec.contract), path="/api/predict/nothing")
    assert status == 404
    assert spec.route in body["detail"]
    assert call(spec, None, method="GET")[0] == 404


def test_no_model_yet_is_a_503_with_retry_after(spec: ModelSpec, call: Caller) -> None:
    message = f"Endpoint local-{spec.name} of account 000000000000 not found."
    status, body, headers = call(
        spec, record(spec.contract), refusal("InvokeEndpoint", "ValidationError", message)
    )
    assert (status, headers["Retry-After"]) == (503, "60")
    assert spec.name in body["detail"]


URL = {"endpoint_url": "http://endpoint"}
FAILURES = [
    (refusal("InvokeEndpoint", "ModelError", "Received server error (500)"), "model_error"),
    (refusal("InvokeEndpoint", "ModelNotReadyException"), "model_not_ready"),
    (refusal("InvokeEndpoint", "ThrottlingException"), "throttled"),
    (refusal("InvokeEndpoint", "ServiceUnavailable"), "unavailable"),
    (refusal("InvokeEndpoint", "AccessDeniedException"), "access_denied"),
    (
        refusal("InvokeEndpoint", "ValidationError", "Variant A was not found for endpoint e."),
        "endpoint_error",
    ),
    (ReadTimeoutError(**URL), "timeout"),
    (ConnectTimeoutError(**URL), "timeout"),
    (EndpointConnectionError(**URL), "unreachable"),
    (ConnectionResetError(), "unreachable"),
    (b"<html>", "malformed_answer"),
    (b"[]", "malformed_answer"),
]


@pytest.mark.parametrize(("failure", "reason"), FAILURES, ids=lambda value: str(value)[:60])
def test_a_failing_endpoint_is_answered_from_the_rule(
    spec: ModelSpec, call: Caller, failure: Any, reason: str
) -> None:
    bad = record(spec.contract, p99_latency=400, error_rate=0)
    status, body, _ = call(spec, bad, failure)
    assert (status, body["degraded"], body["degraded_reason"]) == (200, True, reason)
    assert body["model_version"] == "fallback-rule"
    assert spec.contract.fallback is not None
    expected = spec.contract.fallback.answer(bad)
    assert body["prediction"]["label" if spec.contract.target.classes else "value"] == expected


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"contract_hash": "0" * 16}, "contract_mismatch"),
        ({"predictions": []}, "malformed_answer"),
        ({"predictions": [None]}, "malformed_answer"),
        ({"predictions": [{"label": "purple", "value": "high"}]}, "malformed_answer"),
        ({"predictions": [{"value": float("nan")}]}, "malformed_answer"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_not_passed_on(
    spec: ModelSpec, call: Caller, changed: dict[str, Any], reason: str
) -> None:
    status, body, _ = call(spec, record(spec.contract), answer(spec.contract, **changed))
    assert (status, body["degraded_reason"]) == (200, reason)


def test_an_unforeseen_error_tells_no_internals(spec: ModelSpec, call: Caller) -> None:
    status, body, _ = call(spec, record(spec.contract), KeyError("secret-internal"))
    assert status == 500
    assert "secret" not in json.dumps(body)


def test_predictions_are_counted_and_bodies_are_not_logged(
    spec: ModelSpec, call: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    call(spec, record(spec.contract, volume_id="vol-secret"), refusal("InvokeEndpoint", "ModelError"))
    out = capsys.readouterr().out
    emitted = next(json.loads(line) for line in out.splitlines() if '"_aws"' in line)
    assert emitted["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Environment", "Model"]]
    assert (emitted["Model"], emitted["Predictions"], emitted["Degraded"]) == (spec.name, [1.0], [1.0])
    assert "vol-secret" not in out


def test_bad_settings_are_told_all_at_once(
    spec: ModelSpec, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTES", json.dumps({"/a": {"model": spec.name}, "/b": 5}))
    with pytest.raises(
        ValueError, match=r"ROUTES\['/a'\] lacks endpoint; ROUTES\['/b'\] lacks model, endpoint"
    ):
        call(spec, record(spec.contract))


def test_the_log_keeps_the_packages_whole_name(
    spec: ModelSpec, call: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    call(spec, record(spec.contract), answer(spec.contract))
    (told,) = (vars(each)["model_version"] for each in caplog.records if each.message == "predicted")
    assert told.endswith(f":model-package/local-{spec.name}/7")
