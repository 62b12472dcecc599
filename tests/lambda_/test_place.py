"""POST /predict of the placement: its shape, its floor and what a payload's limit forbids."""

from __future__ import annotations

import gc
import importlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

import place as package
from catalog.contract import MAX_RECORDS
from catalog.models import MODELS
from catalog.openapi import document
from catalog.placement import invocation_usd
from catalog.schemas import pascal
from place import settings
from shared.environment import BadEnvironment
from tests.lambda_.conftest import Context
from tests.lambda_.fakes import TIME
from tests.lambda_.placing import REQUEST, PlaceWorld, described, emitted
from tests.lambda_.placing import place as place
from tests.lambda_.placing import service as service  # the fixtures
from tests.lambda_.serving import archive, expected, export

DOCUMENT = document(MODELS)
MODEL_INFO = {"model_type": "XGBoost", "test_accuracy": 0.823, "training_date": TIME.isoformat()}
DEFAULT = {"model_type": "default-routing", "test_accuracy": None, "training_date": None, "degraded": True}


def documented(name: str, answer: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(answer)


def test_the_answer_has_exactly_the_promised_shape(place: PlaceWorld) -> None:
    place.serve(2.0, model_json=described(place.contract))
    answer = place.good(REQUEST)
    assert list(answer) == ["request_id", "prediction", "metrics", "request_context", "model_info"]
    told = answer["prediction"]
    assert list(told) == ["platform", "confidence", "lambda_probability", "ecs_probability"]
    assert told["platform"] == "lambda"
    assert told["confidence"] == told["lambda_probability"] > 0.8
    assert told["lambda_probability"] + told["ecs_probability"] == pytest.approx(1, abs=1e-5)
    assert list(answer["metrics"]) == ["inference_time_ms", "inference_cost_usd", "timestamp"]
    assert datetime.fromisoformat(answer["metrics"]["timestamp"]).tzinfo
    assert answer["request_context"] == REQUEST
    assert answer["model_info"] == MODEL_INFO
    assert answer["request_id"] == "request-1"


def test_the_model_reads_what_training_computes(place: PlaceWorld) -> None:
    from encoding import Encoder

    place.serve()
    encoder = Encoder.of(place.contract)
    rows = encoder.windows(encoder.read([{**REQUEST, "request_id": "r"}]))
    probability = expected(export(place.contract, {"lambda": 0.0}), rows)[0, 0]
    assert place.good(REQUEST)["prediction"]["lambda_probability"] == pytest.approx(probability, abs=1e-6)


def test_costs_follow_the_measured_time_and_the_price_list(place: PlaceWorld) -> None:
    place.serve()
    prices = place.contract.placement.prices if place.contract.placement else None
    assert prices
    clock = iter((10.0, 10.0024))
    made = place.module.parts()
    vars(made)["chooser"] = replace(made.chooser, clock=lambda: next(clock))
    metrics = place.good(REQUEST)["metrics"]
    assert metrics["inference_time_ms"] == pytest.approx(2.4, abs=1e-6)
    at_hand = Context().memory_limit_in_mb
    assert metrics["inference_cost_usd"] == pytest.approx(
        3 / 1000 * at_hand / 1024 * prices.lambda_gb_s + prices.lambda_request
    )
    assert metrics["inference_cost_usd"] == pytest.approx(invocation_usd(2.4, at_hand, prices))


def test_a_batch_is_answered_in_order_and_shares_the_cost(place: PlaceWorld) -> None:
    place.serve()
    sizes = [1.0, 20.0, 9000.0]
    answer = place.good({"records": [{**REQUEST, "payload_size_kb": size} for size in sizes]})
    assert list(answer) == ["request_id", "predictions"]
    predictions = answer["predictions"]
    assert [each["request_context"]["payload_size_kb"] for each in predictions] == sizes
    assert len({each["request_id"] for each in predictions}) == 3
    assert predictions[2]["prediction"]["platform"] == "ecs"
    prices = place.contract.placement.prices if place.contract.placement else None
    assert prices
    total = sum(each["metrics"]["inference_cost_usd"] for each in predictions)
    ran = sum(each["metrics"]["inference_time_ms"] for each in predictions)
    assert total >= prices.lambda_request
    assert total == pytest.approx(invocation_usd(ran - 0.001, 256, prices), rel=0.05)


def test_a_caller_may_name_the_request_and_leave_out_its_time(place: PlaceWorld) -> None:
    place.serve()
    body = {name: value for name, value in REQUEST.items() if name != "timestamp"}
    answer = place.good({**body, "request_id": "order-4711"})
    assert answer["request_id"] == "order-4711"
    assert datetime.fromisoformat(answer["request_context"]["timestamp"]).tzinfo


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"workload_type": "lightweight"}, ["workload_type"]),
        ({"workload_type": 1}, ["workload_type"]),
        ({"workload_type": None}, ["workload_type"]),
        ({"payload_size_kb": 0}, ["payload_size_kb"]),
        ({"payload_size_kb": -5.0}, ["payload_size_kb"]),
        ({"payload_size_kb": 10_241}, ["payload_size_kb"]),
        ({"payload_size_kb": "5"}, ["payload_size_kb"]),
        ({"payload_size_kb": True}, ["payload_size_kb"]),
        ({"time_window": "noon"}, ["time_window"]),
        ({"load_pattern": []}, ["load_pattern"]),
        ({"timestamp": "2025-11-23T12:00:00"}, ["timestamp"]),
        ({"timestamp": 5}, ["timestamp"]),
        ({"request_id": ""}, ["request_id"]),
        ({"hour_sin": 0.0}, ["hour_sin"]),
        ({"payload_x_workload": 1.0}, ["payload_x_workload"]),
        ({"colour": "red"}, ["colour"]),
        (
            {"workload_type": "x", "payload_size_kb": 0, "time_window": None, "load_pattern": 5},
            ["load_pattern", "payload_size_kb", "time_window", "workload_type"],
        ),
    ],
)
def test_every_wrong_field_is_named(place: PlaceWorld, changed: dict[str, Any], fields: list[str]) -> None:
    for status, body in (place.call({**REQUEST, **changed}), place.route({**REQUEST, **changed})):
        assert status == 400
        assert sorted(error["field"] for error in body["errors"]) == fields
        assert all(error["detail"] for error in body["errors"])
    status, body = place.call({"records": [REQUEST, {**REQUEST, **changed}]})
    assert sorted(error["field"] for error in body["errors"]) == [f"records[1].{name}" for name in fields]


@pytest.mark.parametrize("body", ["{", "[]", "5", '"text"', "null", '{"payload_size_kb": NaN}', "{}"])
def test_what_is_no_request_is_refused(place: PlaceWorld, body: str) -> None:
    for status, told in (place.call(body), place.route(body)):
        assert (status, told["title"]) == (400, "The request is not valid")


def test_a_batch_has_a_bound(place: PlaceWorld) -> None:
    assert place.call({"records": [REQUEST] * (MAX_RECORDS + 1)})[0] == 413
    assert place.call({"records": []})[0] == 400


def test_before_the_first_champion_the_rule_answers(
    place: PlaceWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = place.good(REQUEST)
    rule = place.contract.fallback
    assert rule
    assert answer["prediction"] == {
        "platform": rule.answer(REQUEST),
        "confidence": None,
        "lambda_probability": None,
        "ecs_probability": None,
    }
    assert answer["model_info"] == {**DEFAULT, "degraded_reason": "no_model"}
    assert (emitted(capsys)["Degraded"], emitted(capsys)) == (1, {})
    heavy = {**REQUEST, "workload_type": "heavy_processing"}
    assert place.good(heavy)["prediction"]["platform"] == rule.answer(heavy)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"model_json": b'{"contract_hash": "0000000000000000"}'}, "contract_mismatch"),
        ({"model_json": b"<html>"}, "load_failed"),
        ({"model_json": None}, "load_failed"),
        ({"model_onnx": b"no model"}, "load_failed"),
    ],
)
def test_a_champion_that_cannot_be_used_is_replaced_by_the_rule(
    place: PlaceWorld, changed: dict[str, Any], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place.promote(place.publish(archive(place.contract, **changed)))
    assert place.good(REQUEST)["model_info"] == {**DEFAULT, "degraded_reason": reason}
    assert emitted(capsys)["ModelFaults"] == 1
    assert place.routed()["model_info"] == {**DEFAULT, "degraded_reason": reason}


@pytest.mark.parametrize("where", ["numbers", "ssm", "s3", "features", "runtime"])
def test_no_fault_of_a_model_fails_the_request(
    place: PlaceWorld, where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="http://aws") if where == "ssm" else MemoryError("no room")

    place.serve(float("nan") if where == "numbers" else 0.0)
    if where == "ssm":
        vars(place.ssm)["get_parameters"] = fails
    if where == "s3":
        place.s3.objects.clear()
    if where in ("features", "runtime"):
        spot = {"features": "features.placement_request.build", "runtime": "serve.models.Session"}
        monkeypatch.setattr(spot[where], fails)
    reason = "load_failed" if where in ("ssm", "s3") else "model_error"
    assert place.good(REQUEST)["model_info"] == {**DEFAULT, "degraded_reason": reason}
    assert emitted(capsys)["Degraded"] == 1


def test_a_payload_beyond_the_limit_never_goes_to_lambda(place: PlaceWorld) -> None:
    placement = place.contract.placement
    assert placement
    limit = placement.function.limit_kb
    place.serve(50.0)
    within = {**REQUEST, "payload_size_kb": limit}
    beyond = {**REQUEST, "payload_size_kb": limit + 0.1}
    assert place.good(within)["prediction"]["platform"] == "lambda"
    assert "limited" not in place.good(within)["prediction"]
    answer = place.good(beyond)
    assert answer["prediction"] == {
        "platform": "ecs",
        "confidence": 1.0,
        "lambda_probability": 0.0,
        "ecs_probability": 1.0,
        "limited": True,
    }
    assert answer["model_info"]["model_type"] != "default-routing"


def test_the_answers_are_as_documented(place: PlaceWorld) -> None:
    name = f"{pascal(place.spec.name)}Answer"
    requests = [REQUEST, {"records": [REQUEST]}, {**REQUEST, "payload_size_kb": 9000}]
    for body in requests:
        documented(name, place.good(body))
    place.serve()
    for body in requests:
        documented(name, place.good(body))


def test_a_prediction_is_counted_and_no_platform_is_an_anomaly(place: PlaceWorld) -> None:
    place.serve(-9.0)
    assert place.good(REQUEST)["prediction"]["platform"] == "ecs"
    (counted,) = (item for (pk, _), item in place.state.items.items() if pk.startswith("counter#placement#"))
    assert counted["predictions"] == {"N": "1"}
    assert "anomalies" not in counted


def test_a_candidate_takes_a_share_of_the_requests(place: PlaceWorld) -> None:
    place.serve(-9.0, model_json=described(place.contract))
    better = archive(
        place.contract,
        export(place.contract, {"lambda": 9.0}),
        model_json=described(place.contract, "LightGBM"),
    )
    place.shift(place.publish(better), 30)
    records = [{**REQUEST, "request_id": f"r{n}"} for n in range(300)]
    told = place.good({"records": records})["predictions"]
    by = {(each["model_info"]["model_type"], each["prediction"]["platform"]) for each in told}
    assert by == {("XGBoost", "ecs"), ("LightGBM", "lambda")}
    assert 50 < sum(each["prediction"]["platform"] == "lambda" for each in told) < 130


def test_a_package_is_tried_before_it_is_promoted(place: PlaceWorld) -> None:
    onnx = export(place.contract)
    rows = [[0.0] * len(place.contract.columns)]
    golden = {
        "contract_hash": place.contract.hash,
        "columns": len(place.contract.columns),
        "sparse": False,
        "rows": rows,
        "tolerance": 1e-4,
        "probabilities": expected(onnx, rows).tolist(),
        "labels": expected(onnx, rows).argmax(axis=1).tolist(),
    }
    good = archive(place.contract, onnx, golden_json=json.dumps(golden).encode())
    assert place.check(place.publish(good))["ok"]
    golden["probabilities"] = [[0.9, 0.1]]
    bad = archive(place.contract, onnx, golden_json=json.dumps(golden).encode())
    assert not place.check(place.publish(bad))["ok"]


def test_a_start_loads_the_champion_and_counts_nothing(
    place: PlaceWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    package = place.serve()
    place.restart()
    place.module.warm()
    assert set(place.module.parts().service.learned.models._loaded) == {package}
    assert emitted(capsys) == {}
    calls = len(place.s3.calls)
    place.good(REQUEST)
    assert len(place.s3.calls) == calls == 1


def test_a_start_that_fails_leaves_it_to_the_request(
    place: PlaceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.serve()
    place.restart()
    monkeypatch.setenv("MODEL", "nothing")
    place.module.warm()
    monkeypatch.setenv("MODEL", "placement")
    assert "degraded" not in place.good(REQUEST)["model_info"]


def test_nothing_is_collected_until_a_start_is_done(
    place: PlaceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.serve()
    place.restart()
    monkeypatch.setenv(package.STARTING, "on-demand")
    try:
        importlib.reload(package)
        assert not gc.isenabled()
        place.module.start()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()


def test_settings_are_whole_or_absent(place: PlaceWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVICE_URL")
    monkeypatch.setenv("OUTCOMES", "")
    with pytest.raises(BadEnvironment, match=r"SERVICE_URL is not set; OUTCOMES is not set"):
        settings.read()
    for name in settings.NAMES:
        monkeypatch.delenv(name, raising=False)
    place.restart()
    assert place.route(REQUEST)[0] == 404
    place.good(REQUEST)
    monkeypatch.setenv("MODEL", "failure")
    with pytest.raises(BadEnvironment, match="places nothing"):
        settings.read()
