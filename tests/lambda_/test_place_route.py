"""POST /route: the twin that was chosen serves, or the other one; what came of it is written down."""

from __future__ import annotations

import base64
import json
import math
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

import raw_records
from catalog.contract import EXPLORED
from place.clients import IDLE_S, Clients
from place.exploration import MOST_PERCENT
from place.twins import FunctionTwin, Rejected, ServiceTwin, TwinFailed
from tests.lambda_.fakes import refusal
from tests.lambda_.placing import REQUEST, PlaceWorld, Service, emitted, worked
from tests.lambda_.placing import place as place
from tests.lambda_.placing import service as service  # the fixtures
from tests.lambda_.test_place import documented

ROW = (*REQUEST, "request_id", "platform", "latency_ms", "cost_usd", "error", "chosen_by")
TIMED_OUT = {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 60.00 seconds"}


def content(size_kb: float) -> str:
    return base64.b64encode(b"x" * round(size_kb * 1024)).decode()


def tried(place: PlaceWorld) -> list[tuple[str, int, str]]:
    return [(row["platform"], row["error"], row["chosen_by"]) for row in place.firehose.rows]


def counted_ms(place: PlaceWorld) -> float:
    items = (item for (pk, _), item in place.state.items.items() if pk.startswith("counter#placement#"))
    return sum(float(item["latency_ms_sum"]["N"]) for item in items)


@pytest.mark.parametrize(("bias", "platform"), [(9.0, "lambda"), (-9.0, "ecs")])
def test_the_chosen_twin_serves(place: PlaceWorld, bias: float, platform: str) -> None:
    place.serve(bias)
    answer = place.routed(payload=content(5.0), request_id="order-1")
    assert answer["prediction"]["platform"] == platform
    assert answer["result"] == {"by": platform}
    outcome = answer["outcome"]
    assert outcome["platform"] == platform
    flags = ("error", "failed_over", "explored", "forced", "thrifty")
    assert [outcome[name] for name in flags] == [False] * 5
    assert "payload" not in answer["request_context"]
    sent = {
        "workload_type": "lightweight_api",
        "payload_size_kb": 5.0,
        "payload": content(5.0),
        "request_id": "order-1",
    }
    assert place.function.requests() == [sent] * (platform == "lambda")
    assert place.service.requests == [("/work", sent)] * (platform == "ecs")


def test_an_outcome_is_one_whole_measurement_that_training_reads(place: PlaceWorld, tmp_path: Path) -> None:
    place.serve(9.0)
    outcome = place.routed(request_id="order-1", own_id="id-1")["outcome"]
    (row,) = place.firehose.rows
    assert sorted(row) == sorted(ROW)
    given = set(REQUEST) - {"timestamp"}
    assert {name: row[name] for name in given} == {name: REQUEST[name] for name in given}
    assert (row["request_id"], row["platform"], row["error"]) == ("id-1", "lambda", 0)
    assert row["timestamp"] > REQUEST["timestamp"]
    assert row["latency_ms"] == outcome["latency_ms"] > 0
    assert row["cost_usd"] == outcome["cost_usd"]
    place.explore("10")
    while not place.routed(own_id=f"id-{len(place.firehose.rows) + 1}")["outcome"]["explored"]:
        pass
    lines = "".join(json.dumps(each) + "\n" for each in place.firehose.rows)
    (tmp_path / "live.jsonl").write_text(lines)
    source = raw_records.survey(tmp_path, "live", place.contract)
    (table,) = raw_records.tables(source, place.contract)
    explored = [row["request_id"] for row in place.firehose.rows[-2:]]
    assert table["entity"].to_pylist() == explored
    assert table["platform"].to_pylist() == [0, 1]
    assert table["payload_size_kb"].to_pylist() == [5.0] * 2


def test_costs_are_of_the_work_and_the_price_list(place: PlaceWorld) -> None:
    placement = place.contract.placement
    assert placement
    prices = placement.prices
    place.function.answer = worked("lambda", 12.4, cpu_ms=7.5)
    place.service.answer = json.dumps(worked("ecs", 12.4, cpu_ms=7.5)).encode()
    of_function = place.routed("lambda")["outcome"]["cost_usd"]
    of_service = place.routed("ecs")["outcome"]["cost_usd"]
    size_gb = placement.function.memory_mb / 1024
    assert of_function == pytest.approx(0.013 * size_gb * prices.lambda_gb_s + prices.lambda_request)
    hourly = (
        placement.service.vcpu * prices.fargate_vcpu_h + placement.service.memory_gb * prices.fargate_gb_h
    )
    busy_s = 0.0075 / placement.service.vcpu / placement.service.target_utilisation
    assert of_service == pytest.approx(busy_s * hourly / 3600)


def test_a_caller_may_choose(place: PlaceWorld, capsys: pytest.CaptureFixture[str]) -> None:
    place.serve(9.0)
    place.explore("10")
    capsys.readouterr()
    for platform in ("ecs", "lambda"):
        answer = place.routed(platform)
        assert answer["prediction"]["platform"] == "lambda"
        assert (answer["outcome"]["platform"], answer["outcome"]["forced"]) == (platform, True)
    assert place.routed("auto")["outcome"]["forced"] is False
    assert tried(place)[:2] == [("ecs", 0, "caller"), ("lambda", 0, "caller")]
    assert emitted(capsys)["Forced"] == 2


FAILURES = [
    (refusal("Invoke", "TooManyRequestsException"), None, False),
    (ReadTimeoutError(endpoint_url="https://lambda"), None, True),
    (ConnectTimeoutError(endpoint_url="https://lambda"), None, False),
    (EndpointConnectionError(endpoint_url="https://lambda"), None, False),
    (refusal("Invoke", "ResourceNotFoundException"), None, False),
    (refusal("Invoke", "ServiceException"), None, False),
    (TIMED_OUT, "Unhandled", True),
    ({"errorType": "Runtime.OutOfMemory", "errorMessage": "x"}, "Unhandled", True),
    ({"message": "no answer of a twin"}, None, True),
    (worked("lambda", -1), None, True),
    (worked("lambda", cpu_ms=-1), None, True),
    ({"work_ms": 12.4, "result": {}}, None, True),
    ("text", None, True),
]


@pytest.mark.parametrize(("told", "error", "billed"), FAILURES)
def test_a_failing_function_is_replaced_by_the_service(
    place: PlaceWorld, told: Any, error: str | None, billed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    place.serve(9.0)
    place.function.answer, place.function.error = told, error
    answer = place.routed()
    assert answer["prediction"]["platform"] == "lambda"
    assert answer["result"] == {"by": "ecs"}
    assert (answer["outcome"]["platform"], answer["outcome"]["failed_over"]) == ("ecs", True)
    assert tried(place) == [("lambda", 1, "model"), ("ecs", 0, "failover")]
    assert (place.firehose.rows[0]["cost_usd"] > 0) is billed
    counts = emitted(capsys)
    names = ("Routed", "FailedOver", "LambdaFailed", "EcsFailed")
    assert [counts[name] for name in names] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("status", "answer", "billed"),
    [
        (503, b"", False),
        (429, b"", False),
        (500, b'{"detail": "x"}', True),
        (502, b"<html>", True),
        (200, b"<html>", True),
        (200, b'{"work_ms": 12.4, "cpu_ms": NaN, "result": {}}', True),
        (302, b"", True),
    ],
)
def test_a_failing_service_is_replaced_by_the_function(
    place: PlaceWorld, status: int, answer: bytes, billed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    place.serve(-9.0)
    place.service.status, place.service.answer = status, answer
    place.service.headers = {"Location": f"{place.service.url}/work"}
    told = place.routed()
    assert (told["outcome"]["platform"], told["outcome"]["failed_over"]) == ("lambda", True)
    assert tried(place) == [("ecs", 1, "model"), ("lambda", 0, "failover")]
    assert (place.firehose.rows[0]["cost_usd"] > 0) is billed
    assert len(place.service.requests) == 1
    assert emitted(capsys)["EcsFailed"] == 1


def test_a_service_that_hangs_is_left_in_time_for_the_other(place: PlaceWorld) -> None:
    place.serve(-9.0)
    place.service.delay_s = 4.0
    place.context.remaining_ms = 8_000
    told = place.routed()
    assert told["outcome"]["platform"] == "lambda"
    assert tried(place) == [("ecs", 1, "model"), ("lambda", 0, "failover")]
    assert place.firehose.rows[0]["cost_usd"] > 0


def test_the_first_twin_leaves_time_for_the_second_where_there_is_one(place: PlaceWorld) -> None:
    asked = []

    class Hanging:
        def ask(self, _: Any, timeout_s: int) -> Any:
            asked.append(timeout_s)
            raise TwinFailed("timeout", "it hangs", ran=True)

    place.context.remaining_ms = 28_000
    place.module.parts().router.twins.update(dict.fromkeys(("lambda", "ecs"), Hanging()))
    assert place.route(REQUEST)[0] == 503
    assert place.route({**REQUEST, "payload_size_kb": 9000})[0] == 503
    assert asked == [13, 22, 22]


def test_a_service_that_is_gone_is_replaced(place: PlaceWorld) -> None:
    place.serve(-9.0)
    place.service.close()
    assert place.routed()["outcome"]["platform"] == "lambda"
    assert place.firehose.rows[0]["cost_usd"] == 0


def test_where_both_fail_the_caller_may_come_again(
    place: PlaceWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    place.serve(9.0)
    place.function.answer = refusal("Invoke", "TooManyRequestsException")
    place.service.status = 503
    response = place.module.handler(place._event("/route", REQUEST), place.context)
    body = json.loads(response["body"])
    assert (response["statusCode"], body["title"], body["status"]) == (503, "Not served", 503)
    headers = {**response.get("headers", {}), **response.get("multiValueHeaders", {})}
    assert headers["Retry-After"] in ("10", ["10"])
    assert tried(place) == [("lambda", 1, "model"), ("ecs", 1, "failover")]
    counts = emitted(capsys)
    names = ("Routed", "LambdaFailed", "EcsFailed", "Predictions")
    assert [counts[name] for name in names] == [0, 1, 1, 1]


def test_nothing_is_tried_without_time_for_it(place: PlaceWorld) -> None:
    place.serve(9.0)
    place.context.remaining_ms = 6_900
    assert place.route(REQUEST)[0] == 503
    assert (place.function.calls, place.firehose.rows) == ([], [])


def test_a_payload_beyond_the_limit_never_reaches_the_function(place: PlaceWorld) -> None:
    place.serve(9.0)
    place.explore("10")
    place.service.status = 503
    for n in range(40):
        body = {**REQUEST, "payload_size_kb": 9000, "request_id": f"r{n}"}
        assert place.route(body)[0] == 503
    assert place.function.calls == []
    assert set(tried(place)) == {("ecs", 1, "model")}
    status, body = place.route({**REQUEST, "payload_size_kb": 9000}, "lambda")
    assert (status, [error["field"] for error in body["errors"]]) == (400, ["platform"])


@pytest.mark.parametrize("platform", ["lambda", "ecs"])
def test_content_that_no_twin_takes_is_the_callers_fault(place: PlaceWorld, platform: str) -> None:
    problem = {"status": 400, "detail": "the order is not JSON"}
    place.function.answer = {"statusCode": 400, **problem}
    place.service.status, place.service.answer = 400, json.dumps(problem).encode()
    status, body = place.route(REQUEST, platform)
    assert (status, body["detail"]) == (400, "the order is not JSON")
    assert len(place.function.calls) + len(place.service.requests) == 1
    assert place.firehose.rows == []


@pytest.mark.parametrize(
    ("changed", "platform", "fields"),
    [
        ({"payload": 5}, None, ["payload"]),
        ({"payload": "not base64!"}, None, ["payload"]),
        ({"payload": "é"}, None, ["payload"]),
        ({"payload": content(4.8)}, None, ["payload"]),
        ({"payload": content(5.3)}, None, ["payload"]),
        ({"payload": content(110), "payload_size_kb": 100}, None, ["payload"]),
        ({}, "gcp", ["platform"]),
        ({"payload": ""}, "fargate", ["payload", "platform"]),
        ({"payload": 5, "time_window": "noon"}, "x", ["payload", "platform", "time_window"]),
        ({"records": []}, None, ["records"]),
    ],
)
def test_every_wrong_part_is_named(
    place: PlaceWorld, changed: dict[str, Any], platform: str | None, fields: list[str]
) -> None:
    status, body = place.route({**REQUEST, **changed}, platform)
    assert (status, sorted(error["field"] for error in body["errors"])) == (400, fields)
    assert place.function.calls == place.service.requests == place.firehose.rows == []


@pytest.mark.parametrize(("told", "held"), [(5.0, 5.1), (5.0, 4.9), (200.0, 201.9), (0.1, 0.15)])
def test_the_content_may_be_a_little_off_the_size_told(place: PlaceWorld, told: float, held: float) -> None:
    place.routed(payload=content(held), payload_size_kb=told)


def test_a_body_has_a_bound(place: PlaceWorld) -> None:
    assert place.route({**REQUEST, "payload_size_kb": 740, "payload": content(740)})[0] == 413


def test_a_share_of_the_requests_explores(place: PlaceWorld, capsys: pytest.CaptureFixture[str]) -> None:
    place.serve(9.0)
    place.explore("10")
    answers = {n: place.routed(own_id=f"r{n}", request_id="mine")["outcome"] for n in range(300)}
    explored = [n for n, each in answers.items() if each["explored"]]
    assert 15 < len(explored) < 50
    assert {each["platform"] for each in answers.values()} == {"lambda"}
    rows = [row for row in place.firehose.rows if row["chosen_by"] == EXPLORED]
    assert [row["platform"] for row in rows] == ["lambda", "ecs"] * len(explored)
    assert [row["request_id"] for row in rows] == [f"r{n}" for n in explored for _ in range(2)]
    assert len(place.firehose.rows) == 300 + len(explored)
    assert emitted(capsys)["Explored"] == len(explored)
    place.restart()
    again = [n for n in range(60) if place.routed(own_id=f"r{n}")["outcome"]["explored"]]
    assert again == [n for n in explored if n < 60]


def test_an_explored_request_is_answered_by_the_other_platform_where_the_chosen_one_fails(
    place: PlaceWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    place.serve(9.0)
    place.explore("10")
    explores = place.module.parts().router.exploration.explores
    own_id = next(f"r{n}" for n in range(1000) if explores(f"r{n}"))
    place.function.answer = refusal("Invoke", "TooManyRequestsException")
    capsys.readouterr()
    outcome = place.routed(own_id=own_id)["outcome"]
    assert (outcome["platform"], outcome["failed_over"], outcome["explored"]) == ("ecs", True, True)
    assert tried(place) == [("lambda", 1, EXPLORED), ("ecs", 0, EXPLORED)]
    assert emitted(capsys)["FailedOver"] == 1
    place.service.status = 500
    assert place.route(REQUEST, own_id=own_id)[0] == 503


def nearly(place: PlaceWorld, by: float) -> float:
    """What makes the model as sure of the function as the router asks for, and `by` surer."""
    assert place.contract.placement
    sure = place.contract.placement.lambda_from + by
    return math.log(sure / (1 - sure))


def test_nearly_alike_the_cheaper_platform_is_taken(
    place: PlaceWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    place.serve(nearly(place, -0.03))
    capsys.readouterr()
    answer = place.routed()
    assert answer["prediction"]["platform"] == "lambda"
    assert (answer["outcome"]["platform"], answer["outcome"]["thrifty"]) == ("ecs", True)
    documented("PlacementForwarded", answer)
    assert tried(place) == [("ecs", 0, "thrift")]
    assert emitted(capsys)["Thrifty"] == 1
    place.service.status = 503
    outcome = place.routed()["outcome"]
    assert [outcome[name] for name in ("platform", "failed_over", "thrifty")] == ["lambda", True, True]


def test_sure_enough_the_function_is_asked(place: PlaceWorld) -> None:
    place.serve(nearly(place, 0.03))
    outcome = place.routed()["outcome"]
    assert (outcome["platform"], outcome["thrifty"]) == ("lambda", False)


def test_thrift_is_for_what_the_model_places_under_no_busy_load(place: PlaceWorld) -> None:
    place.serve(nearly(place, -0.03))
    assert place.routed("lambda")["outcome"]["platform"] == "lambda"
    limited = place.routed(payload_size_kb=9000)["outcome"]
    assert (limited["platform"], limited["thrifty"]) == ("ecs", False)
    busy = place.routed(load_pattern="burst_load")["outcome"]
    assert (busy["platform"], busy["thrifty"]) == ("lambda", False)
    place.explore("10")
    explores = place.module.parts().router.exploration.explores
    outcome = place.routed(own_id=next(f"r{n}" for n in range(1000) if explores(f"r{n}")))["outcome"]
    assert (outcome["explored"], outcome["thrifty"], outcome["platform"]) == (True, False, "lambda")


@pytest.mark.parametrize(
    ("held", "percent"),
    [("0", 0), ("2.5", 2.5), ("10", 10), ("100", MOST_PERCENT), ("-5", 0), ("nan", 0), ("inf", 0), ("x", 0)],
)
def test_exploration_is_bounded(place: PlaceWorld, held: str, percent: float) -> None:
    place.serve(9.0)
    place.explore(held)
    exploration = place.module.parts().router.exploration
    found = sum(exploration.explores(f"request-{n}") for n in range(20_000)) / 200
    assert found == pytest.approx(percent, abs=0.8)
    assert (found > 0) is (percent > 0)


def test_exploration_stops_within_the_time_it_is_kept(place: PlaceWorld) -> None:
    now = [0.0]
    exploration = place.module.parts().router.exploration
    exploration.clock = lambda: now[0]
    place.ssm.history["exploration"].append("10")
    assert any(exploration.explores(f"r{n}") for n in range(200))
    place.ssm.history["exploration"].append("0")
    now[0] = 29.9
    assert any(exploration.explores(f"r{n}") for n in range(200))
    now[0] = 30.0
    assert not any(exploration.explores(f"r{n}") for n in range(200))
    assert len(place.ssm.calls) == 2
    del place.ssm.history["exploration"]
    now[0] = 60.0
    assert not any(exploration.explores(f"r{n}") for n in range(200))


@pytest.mark.parametrize(
    "failure",
    [refusal("PutRecord", "ServiceUnavailableException"), EndpointConnectionError(endpoint_url="http://f")],
)
def test_an_outcome_that_the_stream_does_not_take_is_kept(place: PlaceWorld, failure: Exception) -> None:
    place.serve(9.0)
    place.firehose.failure = failure
    place.function.answer = refusal("Invoke", "TooManyRequestsException")
    place.routed()
    letters = [letter["record"] for letter in place.queue.letters]
    assert [(each["platform"], each["error"]) for each in letters] == [("lambda", 1), ("ecs", 0)]
    assert all(sorted(each) == sorted(ROW) for each in letters)
    place.queue.failure = refusal("SendMessageBatch", "AccessDenied")
    assert place.routed()["outcome"]["platform"] == "ecs"


def test_a_request_without_a_model_is_still_served(place: PlaceWorld) -> None:
    answer = place.routed(workload_type="heavy_processing")
    assert answer["model_info"]["degraded_reason"] == "no_model"
    assert answer["outcome"]["platform"] == answer["prediction"]["platform"] == "lambda"


def test_the_twins_time_is_not_counted_as_the_models(place: PlaceWorld) -> None:
    place.serve(-9.0)
    place.routed()
    before, place.service.delay_s = counted_ms(place), 1.5
    place.routed()
    assert 0 < counted_ms(place) - before < 1500


def test_the_answer_is_as_documented(place: PlaceWorld) -> None:
    place.serve(9.0)
    documented("PlacementForwarded", place.routed())


class TestClient:
    """The client that the function makes, against a server that answers as Lambda does."""

    @pytest.fixture
    def twin(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> FunctionTwin:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        service.answer = json.dumps(worked("lambda", 3.5, 2.5)).encode()
        return FunctionTwin(Clients().function, "twin")

    def test_a_good_answer(self, service: Service, twin: FunctionTwin) -> None:
        found = twin.ask({"payload": None}, 2)
        assert (found.work_ms, found.cpu_ms, found.result) == (3.5, 2.5, {"by": "lambda"})
        assert service.requests == [("/2015-03-31/functions/twin/invocations", {"payload": None})]

    @pytest.mark.parametrize(("idle_s", "connections"), [(IDLE_S, 1), (IDLE_S + 1, 2)])
    @pytest.mark.parametrize("platform", ["lambda", "ecs"])
    def test_connections_that_lay_idle_are_not_used_again(
        self,
        service: Service,
        monkeypatch: pytest.MonkeyPatch,
        platform: str,
        idle_s: float,
        connections: int,
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        clock = [1000.0]
        clients = Clients(lambda: clock[0])
        twins = {
            "lambda": FunctionTwin(clients.function, "twin"),
            "ecs": ServiceTwin(lambda: clients.http, service.url),
        }
        for _ in range(2):
            twins[platform].ask({}, 2)
            clock[0] += idle_s
        assert len(set(service.callers)) == connections

    @pytest.mark.parametrize(
        ("status", "code", "reason"),
        [
            (429, "TooManyRequestsException", "throttled"),
            (413, "RequestTooLargeException", "error"),
            (500, "ServiceException", "error"),
        ],
    )
    def test_a_refusal_is_not_tried_again(
        self, service: Service, twin: FunctionTwin, status: int, code: str, reason: str
    ) -> None:
        service.status, service.headers = status, {"x-amzn-ErrorType": code}
        service.answer = b'{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "message": "no"}'
        with pytest.raises(TwinFailed) as failed:
            twin.ask({}, 2)
        assert (failed.value.reason, str(failed.value)) == (reason, code)
        assert len(service.requests) == 1

    def test_an_error_of_the_function(self, service: Service, twin: FunctionTwin) -> None:
        service.headers = {"x-amz-function-error": "Unhandled"}
        service.answer = json.dumps(TIMED_OUT).encode()
        with pytest.raises(TwinFailed) as failed:
            twin.ask({}, 2)
        assert failed.value.reason == "timeout"

    def test_a_refusal_of_the_content(self, service: Service, twin: FunctionTwin) -> None:
        service.answer = b'{"statusCode": 400, "detail": "no image"}'
        with pytest.raises(Rejected, match="no image"):
            twin.ask({}, 2)

    def test_an_answer_that_does_not_come(self, service: Service, twin: FunctionTwin) -> None:
        service.delay_s = 1.5
        with pytest.raises(TwinFailed) as failed:
            twin.ask({}, 1)
        assert (failed.value.reason, failed.value.ran) == ("timeout", True)
        assert len(service.requests) == 1

    def test_a_connection_that_breaks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")

            def slam() -> None:
                server.accept()[0].close()

            threading.Thread(target=slam, daemon=True).start()
            with pytest.raises(TwinFailed) as failed:
                FunctionTwin(Clients().function, "twin").ask({}, 1)
            assert failed.value.reason == "unreachable"
