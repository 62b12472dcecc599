"""A model of windows: each resource is remembered, whoever calls and when; what cannot answer is told."""

from __future__ import annotations

import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError

from serve import handler as module
from shared.problems import NotStored
from tests.lambda_.fakes import refusal
from tests.lambda_.serving import World, archive, expected, export, world

__all__ = ["world"]

SNAPSHOT = {
    "resource_id": "server-01",
    "metrics": {"cpu_usage": 85.5, "memory_usage": 78.2, "disk_io": 1200, "network_errors": 15},
}


@pytest.fixture
def failure(world: Any) -> World:
    made: World = world("failure")
    made.promote(made.publish(archive(made.contract)))
    return made


def snapshot(minute: int, cpu: float = 50, resource: str = "r", **more: Any) -> dict[str, Any]:
    time = f"2026-03-01T{minute // 60:02}:{minute % 60:02}:00+00:00"
    return {"resource_id": resource, "timestamp": time, "metrics": {"cpu_usage": cpu, **more}}


def window(world: World, resource: str = "r") -> list[Any]:
    item = world.state.find(f"state#failure#{resource}")
    found: list[Any] = json.loads(zlib.decompress(item["body"]["B"])) if item else []
    return found


def cpus(world: World, resource: str = "r") -> list[float]:
    return [values["cpu_usage"] for _, values in window(world, resource)]


def row(world: World, *snapshots: dict[str, Any]) -> list[float]:
    """The model's columns for these snapshots, the oldest first."""
    contract = world.contract
    known = [number for each in snapshots for number in contract.encode(each["metrics"])]
    return [float("nan")] * (len(contract.columns) - len(known)) + known


def test_one_snapshot_is_answered_as_it_stands(failure: World) -> None:
    body = failure.good(SNAPSHOT)
    assert (body["model"], body["model_version"], body["degraded"]) == ("failure", "failure/1", False)
    told = body["prediction"]
    assert told["label"] in ("healthy", "failing")
    assert told["probability"] == told["probabilities"]["failing"]
    assert told["confidence"] == told["probabilities"][told["label"]]
    assert (told["severity"], told["recommended_action"]) == ("medium", "investigate")
    assert (told["history"]["records"], told["history"]["wanted"]) == (1, 24)
    assert "short history: 1 of 24" in told["history"]["note"]
    answers = expected(export(failure.contract), [row(failure, SNAPSHOT)])
    assert told["probability"] == pytest.approx(answers[0, 1], abs=1e-6)


def test_the_prediction_reads_the_window_as_of_its_record(failure: World) -> None:
    """Out of order: the third sent is older than the second, so it must not see it."""
    first, third, second = snapshot(0, 10), snapshot(10, 90), snapshot(5, 40, disk_io=7)
    for each in (first, third):
        failure.good(each)
    told = failure.good(second)["prediction"]
    answers = expected(export(failure.contract), [row(failure, first, second)])
    assert told["history"]["records"] == 2
    assert told["probability"] == pytest.approx(answers[0, 1], abs=1e-6)
    assert cpus(failure) == [10, 40, 90]


def test_a_batch_sees_what_it_brings_itself(failure: World) -> None:
    records = [snapshot(n, n, "a" if n % 3 else "b") for n in range(30)]
    body = failure.good({"records": records})
    for n, told in enumerate(body["predictions"]):
        own = [each for each in records[: n + 1] if each["resource_id"] == records[n]["resource_id"]]
        answers = expected(export(failure.contract), [row(failure, *own[-24:])])
        assert told["probability"] == pytest.approx(answers[0, 1], abs=1e-6)
        assert told["history"]["records"] == len(own)
    assert cpus(failure, "b") == [n for n in range(30) if n % 3 == 0]
    assert failure.state.operations()[:2] == ["BatchGetItem", "TransactWriteItems"]


def test_a_window_keeps_the_newest_and_forgets_the_oldest(failure: World) -> None:
    failure.good({"records": [snapshot(n, n) for n in range(10, 40)]})
    assert cpus(failure) == list(range(16, 40))
    writes = failure.state.operations().count("PutItem")
    told = failure.good(snapshot(3, 99))["prediction"]
    assert cpus(failure) == list(range(16, 40))
    assert told["history"]["records"] == 1
    assert failure.state.operations().count("PutItem") == writes


def test_the_later_call_wins_an_instant(failure: World) -> None:
    failure.good(snapshot(5, 10))
    failure.good(snapshot(5, 20))
    assert cpus(failure) == [20]


def test_what_is_older_than_the_platform_remembers_is_not_read(failure: World) -> None:
    failure.good(snapshot(0, 10))
    later = {**snapshot(0, 20), "timestamp": "2026-03-03T00:00:01+00:00"}
    assert failure.good(later)["prediction"]["history"]["records"] == 1


def test_snapshots_without_a_time_are_remembered_each(failure: World) -> None:
    records = [{"resource_id": "r", "metrics": {"cpu_usage": n}} for n in range(10)]
    failure.good({"records": records})
    for n in range(10, 14):
        failure.good({"resource_id": "r", "metrics": {"cpu_usage": n}})
    assert sorted(cpus(failure)) == list(range(14))
    assert cpus(failure)[:10] == list(range(10))


def test_concurrent_calls_lose_no_snapshot(failure: World) -> None:
    """Each caller tries again when it is told to."""
    made = module.parts()

    def act(n: int) -> None:
        while True:
            try:
                made.service.answer(made.reader.read(snapshot(n, n)))
                return
            except NotStored:
                continue

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(30)))
    assert cpus(failure) == list(range(6, 30))


def test_a_call_that_always_comes_second_stores_nothing(
    failure: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure.good(snapshot(0, 1))
    before = window(failure)
    monkeypatch.setattr("shared.state.FIRST_WAIT_S", 0.0)
    failure.state.failures = [
        failure_
        for _ in range(8)
        for failure_ in (None, refusal("PutItem", "ConditionalCheckFailedException"))
    ]
    status, body = failure.call(snapshot(1, 2))
    assert (status, body["title"]) == (503, "Not stored")
    assert window(failure) == before


def test_nothing_of_a_rejected_request_is_stored(failure: World) -> None:
    bad = {"records": [snapshot(0, 1), snapshot(1, 101)]}
    status, body = failure.call(bad)
    assert (status, [error["field"] for error in body["errors"]]) == (400, ["records[1].metrics.cpu_usage"])
    assert failure.state.calls == []


def test_without_the_table_the_request_is_answered_for_itself(failure: World) -> None:
    failure.good(snapshot(0, 1))
    failure.state.failures = [EndpointConnectionError(endpoint_url="http://table")] * 2
    body = failure.good({"records": [snapshot(1, 2), snapshot(2, 3)]})
    assert (body["degraded"], body["degraded_reason"]) == (True, "history_unavailable")
    assert body["model_version"] == "failure/1"
    assert [told["history"]["records"] for told in body["predictions"]] == [1, 2]
    assert "unavailable" in body["predictions"][0]["history"]["note"]
    assert cpus(failure) == [1]


def test_before_the_first_champion_the_rule_answers(world: Any) -> None:
    failure: World = world("failure")
    body = failure.good(SNAPSHOT)
    assert (body["model_version"], body["degraded_reason"]) == ("fallback-rule", "no_model")
    rule = failure.contract.fallback
    told = body["prediction"]
    assert told["probability"] == pytest.approx(rule.probability(SNAPSHOT["metrics"]))
    assert told["label"] == rule.answer(SNAPSHOT["metrics"])
    assert cpus(failure, "server-01") == [85.5]


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
    failure: World, changed: dict[str, Any], reason: str
) -> None:
    failure.promote(failure.publish(archive(failure.contract, **changed)))
    body = failure.good(SNAPSHOT)
    assert (body["model_version"], body["degraded_reason"]) == ("fallback-rule", reason)


def test_an_export_of_another_contract_is_not_used(failure: World, world: Any) -> None:
    other = export(world("failure-rule").contract)
    made: World = world("failure")
    made.promote(made.publish(archive(made.contract, other)))
    assert made.good(SNAPSHOT)["degraded_reason"] == "contract_mismatch"


def test_an_answer_that_is_no_number_is_not_passed_on(
    failure: World, capsys: pytest.CaptureFixture[str]
) -> None:
    failure.promote(failure.publish(archive(failure.contract, export(failure.contract, gaps=False))))
    body = failure.good(SNAPSHOT)
    assert (body["model_version"], body["degraded_reason"]) == ("fallback-rule", "model_error")
    emitted = next(json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line)
    assert (emitted["Predictions"], emitted["Degraded"], emitted["ModelFaults"]) == ([1.0], [1.0], [1.0])
    assert emitted["CandidateFaults"] == [0.0]


def test_requests_are_counted(failure: World) -> None:
    failure.good({"records": [snapshot(n, 50) for n in range(5)]})
    failure.call({"resource_id": 5})
    shards = [item for (pk, _), item in failure.state.items.items() if pk.startswith("counter#failure#")]
    assert [item["predictions"] for item in shards] == [{"N": "5"}]
    assert [item["latency_count"] for item in shards] == [{"N": "1"}]


def test_an_answer_does_not_wait_for_a_count(failure: World) -> None:
    failure.good(snapshot(0))
    failure.state.failures = [None, None, refusal("UpdateItem", "ThrottlingException")]
    assert failure.good(snapshot(1))["degraded"] is False


def test_the_rows_are_as_training_makes_them(failure: World) -> None:
    """The same records through the training's own encoder give the same columns."""
    from encoding import Encoder
    from serve.inputs import Inputs

    records = [snapshot(n, n, disk_io=None if n % 4 else n) for n in range(30)]
    flat = [{**each, **each["metrics"]} for each in records]
    encoder = Encoder.of(failure.contract)
    trained = encoder.windows(encoder.read(flat))[-1]
    measured = [(n * 60_000, each["metrics"]) for n, each in enumerate(records)]
    served = Inputs(failure.contract).rows([measured])
    np.testing.assert_array_equal(served[0], trained)
