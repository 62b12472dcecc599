"""Packages: who answers for whom while traffic is shifted, and what is refused before it is loaded."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError

from serve import artifact, champions, handler, models
from serve.artifact import LoadFailed, NotFetched
from tests.lambda_.serving import World, archive, expected, export, tar, world

__all__ = ["world"]


@pytest.fixture
def threat(world: Any) -> World:
    made: World = world("threat")
    made.promote(made.publish(archive(made.contract, export(made.contract, {"brute_force": 6.0}))))
    return made


def event(n: int) -> dict[str, Any]:
    return {"source_ip": f"10.0.{n // 250}.{n % 250}", "request_rate": 100}


def versions(body: Any) -> list[str]:
    return [each.get("model_version", body["model_version"]) for each in body["predictions"]]


def test_a_share_of_the_entities_is_answered_by_the_candidate(threat: World) -> None:
    candidate = threat.publish(archive(threat.contract, export(threat.contract, {"ddos_attack": 6.0})))
    threat.shift(candidate, 30)
    batch = {"records": [event(n) for n in range(400)]}
    body = threat.good(batch)
    told = versions(body)
    assert set(told) == {"threat/1", "threat/2"}
    assert 80 < told.count("threat/2") < 160
    labels = {"threat/1": "brute_force", "threat/2": "ddos_attack"}
    assert [each["label"] for each in body["predictions"]] == [labels[version] for version in told]
    threat.restart()
    assert versions(threat.good(batch)) == told
    threat.shift(candidate, 60)
    more = versions(threat.good(batch))
    assert all(after == "threat/2" for before, after in zip(told, more, strict=True) if before == "threat/2")


def emitted(capsys: pytest.CaptureFixture[str]) -> Any:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line][-1]


@pytest.mark.parametrize(
    "broken",
    [
        lambda contract: archive(contract, model_onnx=b"no model"),
        lambda contract: archive(contract, export(contract, {"normal": float("nan")})),
    ],
)
def test_a_candidate_that_fails_is_covered_by_the_champion(
    threat: World, broken: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    threat.shift(threat.publish(broken(threat.contract)), 100)
    body = threat.good({"records": [event(n) for n in range(3)]})
    assert (body["degraded"], body["model_version"]) == (False, "threat/1")
    told = emitted(capsys)
    assert (told["CandidateFaults"], told["ModelFaults"], told["Degraded"]) == ([3.0], [0.0], [0.0])


def test_faults_are_the_candidates_until_its_promotion_has_ended(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    threat: World = world("threat")
    broken = threat.publish(archive(threat.contract, model_onnx=b"no model"))
    threat.promote(broken)
    threat.good(event(1))
    told = emitted(capsys)
    assert (told["CandidateFaults"], told["ModelFaults"], told["Degraded"]) == ([0.0], [1.0], [1.0])
    threat.shift(broken, 100)
    assert threat.good(event(1))["degraded_reason"] == "load_failed"
    told = emitted(capsys)
    assert (told["CandidateFaults"], told["ModelFaults"], told["Degraded"]) == ([1.0], [1.0], [1.0])


def test_a_candidate_mends_a_broken_champion(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    threat: World = world("threat")
    threat.promote(threat.publish(b"no archive"))
    threat.shift(threat.publish(archive(threat.contract)), 50)
    body = threat.good({"records": [event(n) for n in range(50)]})
    assert set(versions(body)) == {"threat/2", "fallback-rule"}
    told = emitted(capsys)
    assert told["CandidateFaults"] == [0.0]
    assert told["ModelFaults"] == told["Degraded"] > [0.0]


def test_a_candidate_that_aws_does_not_hand_out_has_no_fault(
    threat: World, capsys: pytest.CaptureFixture[str]
) -> None:
    threat.shift("arn:aws:sagemaker:us-east-1:000000000000:model-package/threat/9", 100)
    assert threat.good(event(1))["model_version"] == "threat/1"
    told = emitted(capsys)
    assert (told["CandidateFaults"], told["ModelFaults"], told["Degraded"]) == ([0.0], [0.0], [0.0])


def test_a_first_candidate_leaves_the_others_to_the_rule(world: Any) -> None:
    threat: World = world("threat")
    threat.shift(threat.publish(archive(threat.contract)), 50)
    body = threat.good({"records": [event(n) for n in range(50)]})
    assert set(versions(body)) == {"threat/1", "fallback-rule"}
    assert body["degraded_reason"] == "no_model"


def test_parameters_are_kept_for_a_while_and_outlive_their_absence(
    threat: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    learned = handler.parts().service.learned
    assert learned
    learned.champions._clock = lambda: clock[0]
    learned.champions._until = 0.0
    assert threat.good(event(1))["model_version"] == "threat/1"
    better = threat.publish(archive(threat.contract))
    threat.ssm.history["threat-champion"].append(better)
    clock[0] = champions.KEPT_S - 1
    assert threat.good(event(1))["model_version"] == "threat/1"
    assert len(threat.ssm.calls) == 1
    read = threat.clients.pop("ssm")

    class Unreachable:
        def get_parameters(self, **_: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="http://ssm")

    vars(handler.parts().clients)["ssm"] = Unreachable()
    clock[0] = champions.KEPT_S
    assert threat.good(event(1))["model_version"] == "threat/1"
    vars(handler.parts().clients)["ssm"] = read
    clock[0] = 2 * champions.KEPT_S
    assert threat.good(event(1))["model_version"] == "threat/2"
    assert set(learned.models._loaded) == {better}


def test_without_parameters_ever_the_rule_answers(threat: World) -> None:
    def fail(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="http://ssm")

    learned = handler.parts().service.learned
    assert learned
    clock = [0.0]
    learned.champions._clock = lambda: clock[0]
    learned.champions._found, learned.champions._until = None, 0.0
    vars(threat.ssm)["get_parameters"] = fail
    assert threat.good(event(1))["degraded_reason"] == "load_failed"
    del vars(threat.ssm)["get_parameters"]
    assert threat.good(event(1))["degraded_reason"] == "load_failed"
    clock[0] = champions.UNKNOWN_S
    assert threat.good(event(1))["model_version"] == "threat/1"


def test_a_failed_load_is_not_tried_again_at_once(threat: World) -> None:
    clock = [0.0]
    learned = handler.parts().service.learned
    assert learned
    learned.models.clock = lambda: clock[0]
    broken = threat.publish(b"no archive")
    threat.promote(broken)
    for _ in range(3):
        assert threat.good(event(1))["degraded_reason"] == "load_failed"
    assert len(threat.s3.calls) == 1
    threat.s3.objects["threat/2/model.tar.gz"] = archive(threat.contract)
    clock[0] = models.RETRY_S
    assert threat.good(event(1))["model_version"] == "threat/2"


@pytest.mark.parametrize(
    ("files", "detail"),
    [
        ({"code/model.onnx": b"x", "model.json": b"{}"}, r"lacks model.onnx"),
        ({"model.onnx": b"x" * 2000, "model.json": b"{}"}, r"model.onnx has 2000 bytes, allowed are 1000"),
        ({"other": b"x" * 5000, "model.onnx": b"x", "model.json": b"{}"}, r"unpacks to more than 4000 bytes"),
    ],
)
def test_an_archive_is_read_within_bounds(
    files: dict[str, bytes], detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "MAX_BYTES", dict.fromkeys(artifact.MAX_BYTES, 1000))
    monkeypatch.setattr(artifact, "MAX_UNPACKED", 4000)
    with pytest.raises(LoadFailed, match=detail):
        artifact.unpacked(tar(files))


@pytest.mark.parametrize("content", [b"", b"no archive", tar({"a": b"b"})[:40]])
def test_what_is_no_archive_is_not_loaded(content: bytes) -> None:
    with pytest.raises(LoadFailed):
        artifact.unpacked(content)


def test_an_archive_that_is_too_large_is_not_downloaded(threat: World) -> None:
    package = threat.publish(archive(threat.contract))
    threat.s3.length = artifact.MAX_ARCHIVE + 1
    assert threat.check(package)["reason"].endswith("allowed are 100000000")


def golden(world: World, onnx: bytes, **changed: Any) -> bytes:
    contract = world.contract
    rows = np.array([contract.encode(event(n)) for n in range(4)], np.float32)
    answers = expected(onnx, rows)
    described = {
        "contract_hash": contract.hash,
        "columns": len(contract.columns),
        "sparse": False,
        "rows": rows.tolist(),
        "tolerance": 1e-4,
        "probabilities": answers.tolist(),
        "labels": answers.argmax(axis=1).tolist(),
    }
    return json.dumps({**described, **changed}).encode()


def test_a_package_that_answers_as_recorded_passes_the_check(threat: World) -> None:
    onnx = export(threat.contract)
    told = threat.check(threat.publish(archive(threat.contract, onnx, golden_json=golden(threat, onnx))))
    assert (told["ok"], told["rows"]) == (True, 4)
    assert told["largest_difference"] <= 1e-6


def test_rows_without_their_zeros_are_replayed(threat: World) -> None:
    onnx, contract = export(threat.contract), threat.contract
    rows = [
        [[place, value] for place, value in enumerate(contract.encode(event(n))) if value] for n in range(4)
    ]
    content = golden(threat, onnx, sparse=True, rows=rows)
    assert threat.check(threat.publish(archive(contract, onnx, golden_json=content)))["ok"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"probabilities": [[1.0] + [0.0] * 8] * 4}, "answers differ from golden.json by"),
        ({"labels": [0] * 3 + [99]}, "labels differ"),
        ({"contract_hash": "0" * 16}, "of another contract"),
        ({"columns": 3}, "of another contract"),
        ({"rows": []}, "holds no rows"),
        ({"rows": 5}, "cannot be replayed"),
        ({"probabilities": None}, "cannot be replayed"),
    ],
)
def test_a_package_that_answers_otherwise_fails_the_check(
    threat: World, changed: dict[str, Any], reason: str
) -> None:
    onnx = export(threat.contract)
    content = golden(threat, onnx, **changed)
    told = threat.check(threat.publish(archive(threat.contract, onnx, golden_json=content)))
    assert told["ok"] is False
    assert reason in told["reason"]


def test_a_package_that_does_not_load_fails_the_check(threat: World) -> None:
    assert threat.check(threat.publish(archive(threat.contract)))["reason"] == "the archive lacks golden.json"
    other = archive(threat.contract, model_json=b'{"contract_hash": "0"}')
    assert "trained for contract 0" in threat.check(threat.publish(other))["reason"]


def test_a_package_that_aws_does_not_hand_out_is_not_judged(threat: World) -> None:
    with pytest.raises(NotFetched):
        threat.check("arn:aws:sagemaker:us-east-1:000000000000:model-package/threat/9")
