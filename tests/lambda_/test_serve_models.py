"""What each kind of model answers: classes with a text's reading, forecasts, points, a declared rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.lambda_.fakes import refusal
from tests.lambda_.serving import SPECS, World, archive, expected, export, world

__all__ = ["world"]

EVENT = {"source_ip": "192.168.1.100", "failed_auth_count": 25, "request_rate": 1500, "unique_ips": 50}
START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def threat(world: Any) -> World:
    made: World = world("threat")
    made.promote(made.publish(archive(made.contract, export(made.contract, {"brute_force": 6.0}))))
    return made


def with_companion(threat: World) -> Any:
    """A champion for the model that reads payloads; its contract."""
    contract = SPECS["threat-payload"].contract
    onnx = export(contract, {"xss_attack": 5.0})
    threat.promote(threat.publish(archive(contract, onnx), "threat-payload"), "threat-payload")
    return contract


def test_a_threat_is_answered_as_it_stands(threat: World) -> None:
    body = threat.good(EVENT)
    told = body["prediction"]
    assert (body["model_version"], body["degraded"]) == ("threat/1", False)
    assert told["label"] == "brute_force"
    assert (told["risk_level"], told["recommended_action"]) == ("critical", "block_ip")
    assert told["probability"] == pytest.approx(1 - told["probabilities"]["normal"], abs=1e-5)
    assert told["confidence"] == told["probabilities"]["brute_force"]
    assert told["threats"][0]["threat"] == "brute_force"
    shares = [each["probability"] for each in told["threats"]]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) == len(threat.contract.target.classes)
    left_out = [f.name for f in threat.contract.record.features if f.name not in EVENT]
    assert told["imputed"] == left_out
    assert "history" not in told
    rows = [threat.contract.encode(EVENT)]
    answers = expected(export(threat.contract, {"brute_force": 6.0}), rows)
    assert list(told["probabilities"].values()) == pytest.approx(answers[0].tolist(), abs=1e-6)


def test_a_payload_is_read_by_its_own_model(threat: World) -> None:
    contract = with_companion(threat)
    body = threat.good({"records": [{**EVENT, "payload": "<script>"}, EVENT]})
    read, other = body["predictions"]
    assert (read["payload"]["model"], read["payload"]["model_version"]) == (
        "threat-payload",
        "threat-payload/2",
    )
    assert read["payload"]["label"] == "xss_attack"
    assert set(read["payload"]["probabilities"]) == set(contract.target.classes)
    assert "payload" not in other
    assert {**read, "payload": None} == {**other, "payload": None}


def test_a_companion_that_fails_says_why_and_fails_nothing(threat: World) -> None:
    sent = {**EVENT, "payload": "x"}
    part = threat.good(sent)["prediction"]["payload"]
    assert part == {
        "model": "threat-payload",
        "model_version": None,
        "label": None,
        "probabilities": None,
        "reason": "no_model",
    }
    broken = threat.publish(archive(threat.contract), "threat-payload")
    threat.promote(broken, "threat-payload")
    body = threat.good(sent)
    assert (body["degraded"], body["prediction"]["payload"]["reason"]) == (False, "contract_mismatch")


def test_faults_of_the_model_that_reads_are_told_as_its_own(
    threat: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with_companion(threat)
    capsys.readouterr()
    broken = threat.publish(b"no archive", "threat-payload")
    threat.ssm.history["threat-payload-candidate"].append(f"{broken} 100")
    threat.forget_parameters()
    part = threat.good({**EVENT, "payload": "<script>"})["prediction"]["payload"]
    assert part["model_version"] == "threat-payload/2"
    lines = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    told = {each["Model"]: each["CandidateFaults"] for each in map(json.loads, lines)}
    assert told == {"threat-payload": [1.0], "threat": [0.0]}


def test_a_companion_that_breaks_fails_nothing(threat: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_companion(threat)
    broken = RuntimeError("unforeseen")

    def fail(*_: Any) -> Any:
        raise broken

    monkeypatch.setattr("serve.companions.Inputs", fail)
    body = threat.good({**EVENT, "payload": "x"})
    assert (body["degraded"], body["prediction"]["payload"]["reason"]) == (False, "model_error")


def test_a_rule_without_probabilities_advises_no_more_than_it_knows(world: Any) -> None:
    threat: World = world("threat")
    body = threat.good({"records": [EVENT, {"source_ip": "10.0.0.1", "request_rate": 1}]})
    assert body["degraded_reason"] == "no_model"
    attack, calm = body["predictions"]
    assert (attack["label"], attack["probability"], attack["confidence"]) == ("brute_force", None, None)
    assert (attack["risk_level"], attack["recommended_action"]) == ("medium", "block_ip")
    assert (calm["label"], calm["risk_level"]) == ("normal", "low")


def test_a_declared_rule_answers_without_any_state(world: Any) -> None:
    rule: World = world("failure-rule")
    sent = {"resource_id": "server-01", "metrics": {"cpu_usage": 95, "memory_usage": 91}}
    body = rule.good(sent)
    assert (body["degraded"], body["model_version"]) == (False, f"failure-rule/{rule.contract.hash[:8]}")
    told = body["prediction"]
    assert (told["label"], told["severity"]) == ("failing", "critical")
    assert told["probabilities"]["healthy"] == pytest.approx(1 - told["probability"])
    assert not any(pk.startswith("state#") for pk, _ in rule.state.items)
    assert rule.ssm.calls == []


@pytest.fixture
def capacity(world: Any) -> World:
    made: World = world("capacity")
    onnx = export(made.contract, {"0": 60.0, "1": 82.0, "2": 70.0})
    made.promote(made.publish(archive(made.contract, onnx)))
    return made


def reading(hour: float, usage: float, **more: Any) -> dict[str, Any]:
    return {"timestamp": (START + timedelta(hours=hour)).isoformat(), "current_storage_usage": usage, **more}


def test_a_list_of_points_makes_one_forecast(capacity: World) -> None:
    points = [reading(n, 50 + n) for n in (1, 0, 3, 2)]
    told = capacity.good({"resource_id": "vol", "points": points})["prediction"]
    assert told["current"] == 53
    horizons = list(capacity.contract.target.horizons)
    assert [each["horizon_hours"] for each in told["forecast"]] == horizons
    assert all(each["p10"] <= each["p50"] <= each["p90"] for each in told["forecast"])
    assert told["time_to"]["warning"]["value"] == 80
    assert told["time_to"]["warning"]["earliest"] is not None
    assert told["time_to"]["critical"] == {"value": 95, "hours": None, "earliest": None, "latest": None}
    assert (told["history"]["records"], told["history"]["wanted"]) == (4, 48)


def test_single_readings_forecast_what_the_list_of_them_does(capacity: World) -> None:
    points = [reading(n, 50 + n) for n in range(4)]
    for point in points[:3]:
        capacity.good({"resource_id": "one", **point})
    single = capacity.good({"resource_id": "one", **points[3]})
    listed = capacity.good({"resource_id": "other", "points": points})
    assert single["prediction"] == listed["prediction"]


def test_the_rows_of_a_forecast_are_as_training_makes_them(capacity: World) -> None:
    from encoding import Encoder
    from serve.inputs import Inputs

    contract = capacity.contract
    flat = [{"resource_id": "v", **reading(n, 40 + n % 7, write_rate_mb=n)} for n in range(30)]
    encoder = Encoder.of(contract)
    trained = encoder.features(encoder.read(flat))[-1]
    keys = contract.record.key_names
    window = [
        (
            round(datetime.fromisoformat(each["timestamp"]).timestamp() * 1000),
            {name: value for name, value in each.items() if name not in keys},
        )
        for each in flat
    ]
    served = Inputs(contract).rows([window])
    assert served[:, -1].tolist() == list(contract.target.horizons)
    for row in served:
        np.testing.assert_array_equal(row[:-1], trained)


def test_a_forecast_without_a_model_is_a_503_and_stores_nothing(world: Any) -> None:
    capacity: World = world("capacity")
    status, body = capacity.call({"resource_id": "vol", **reading(0, 50)})
    assert (status, body["title"]) == (503, "No model yet")
    assert not any(pk.startswith("state#") for pk, _ in capacity.state.items)
    shards = [item for (pk, _), item in capacity.state.items.items() if pk.startswith("counter#capacity#")]
    assert [item["errors"] for item in shards] == [{"N": "1"}]


def points(values: Any, first: int = 0) -> list[dict[str, Any]]:
    return [
        {"timestamp": (START + timedelta(minutes=5 * (first + n))).isoformat(), "value": float(value)}
        for n, value in enumerate(values)
    ]


def test_a_detector_remembers_each_series(world: Any) -> None:
    """The same points in one call and in many give the same answers."""
    values = np.random.default_rng(5).normal(50, 2, 400)
    values[390] = 120
    anomaly: World = world("anomaly")
    whole = anomaly.good({"series_id": "a", "points": points(values)})["predictions"]
    parts = []
    for start in range(0, 400, 80):
        part = points(values[start : start + 80], start)
        parts += anomaly.good({"series_id": "b", "points": part})["predictions"]
    assert parts == whole
    assert (whole[0]["warming"], whole[0]["label"], whole[0]["lower"]) == (True, "normal", None)
    alarm = whole[390]
    assert (alarm["label"], alarm["warming"], alarm["stale"]) == ("anomaly", False, False)
    assert alarm["severity"] in ("critical", "high")
    assert alarm["lower"] < alarm["expected"] < alarm["upper"] < 120


def test_a_single_point_and_a_batch_of_series_are_answered(world: Any) -> None:
    anomaly: World = world("anomaly")
    body = anomaly.good({"series_id": "a", **points([1])[0]})
    assert body["model_version"] == f"anomaly/{anomaly.contract.hash[:8]}"
    records = [{"series_id": series, **points([2], 1)[0]} for series in ("a", "b", "c")]
    told = anomaly.good({"records": [*records, records[0]]})["predictions"]
    assert [each["stale"] for each in told] == [False, False, False, True]


def test_a_detector_out_of_reach_of_its_past_says_so(world: Any) -> None:
    anomaly: World = world("anomaly")
    anomaly.state.failures = [refusal("BatchGetItem", "InternalServerError")]
    body = anomaly.good({"series_id": "a", **points([1])[0]})
    assert (body["degraded_reason"], body["prediction"]["warming"]) == ("history_unavailable", True)
    assert not any(pk.startswith("state#") for pk, _ in anomaly.state.items)
