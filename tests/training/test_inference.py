"""Serving: the very features and answers of training, with reasons, in strict JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest

import inference
from dataset import read
from tests.training.fleet import CONTRACTS, RISK, SCORE, as_records, fleet, split_table

NAMES = tuple(CONTRACTS)


@pytest.fixture
def predictors(trained, contracts_dir):
    (contracts_dir / "iops-performance.json").write_text(SCORE.to_json())
    return {name: inference.model_fn(str(trained[name])) for name in NAMES}


def asked(predictor, records, explain=False):
    body = json.dumps({"records": records, "explain": explain}).encode()
    request = inference.input_fn(body, "application/json; charset=utf-8")
    answer, kind = inference.output_fn(inference.predict_fn(request, predictor), "*/*")
    assert kind == "application/json"
    return json.loads(answer, parse_constant=pytest.fail)


def measured():
    """Records without their labels."""
    labels = {contract.target.name for contract in CONTRACTS.values()}
    return [{k: v for k, v in record.items() if k not in labels} for record in as_records(fleet())]


def test_a_label_comes_with_probabilities_and_confidence(predictors):
    answer = asked(predictors["iops-risk"], measured()[:1])
    (found,) = answer["predictions"]
    assert set(answer) == {"predictions", "contract_hash", "model_version"}
    assert set(found) == {"label", "probabilities", "confidence"}
    assert list(found["probabilities"]) == list(RISK.target.classes)
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert (
        found["confidence"] == found["probabilities"][found["label"]] == max(found["probabilities"].values())
    )


def test_a_value_stays_in_its_range(predictors):
    records = [{**record, "p99_latency": value} for record in measured()[:20] for value in (0, 1e9)]
    found = [each["value"] for each in asked(predictors["iops-performance"], records)["predictions"]]
    assert 0 <= min(found) < max(found) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_serving_sees_the_features_of_training(predictors, prepared, name):
    """A volume's whole history in one request gives the answers that the test split gives."""
    table, rows = split_table(prepared[name], "test"), read(prepared[name] / "test", CONTRACTS[name])
    mine = np.array(table["entity"].to_pylist()) == "vol-3"
    times = [time.isoformat() for time in table["timestamp"].filter(mine).to_pylist()]
    expected = predictors[name].artifact.predict(rows.features[mine])
    records = [record for record in measured() if record["volume_id"] == "vol-3"]
    answers = asked(predictors[name], records)["predictions"]
    by_time = {r["timestamp"]: each for r, each in zip(records, answers, strict=True)}
    found = [by_time[time] for time in times]
    values = [[*each["probabilities"].values()] if "label" in each else each["value"] for each in found]
    assert len(values) > 10
    np.testing.assert_allclose(values, expected, atol=1e-4)


def test_an_explanation_names_the_five_features_that_moved_the_answer_most(predictors):
    record = measured()[0]
    predictor = predictors["iops-risk"]
    (found,) = asked(predictor, [record], explain=True)["predictions"]
    sizes = [abs(each["contribution"]) for each in found["contributions"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == inference.REASONS
    assert {"p99_latency", "queue_depth"} <= {each["feature"] for each in found["contributions"]}
    for each in found["contributions"]:
        if each["feature"] in record:
            assert each["value"] == pytest.approx(record[each["feature"]])


def test_the_explained_class_is_the_answered_one(predictors):
    """What speaks for the answered class of one record may speak against another's."""
    records = measured()[:40]
    answers = asked(predictors["iops-risk"], records, explain=True)["predictions"]
    totals = {each["label"]: sum(c["contribution"] for c in each["contributions"]) for each in answers}
    assert len(totals) > 1
    assert totals["critical"] > 0


def test_a_missing_value_is_null_in_the_explanation(predictors):
    bare = {"volume_id": "v", "timestamp": "2026-03-02T14:30:00+00:00", "read_iops": 5}
    (found,) = asked(predictors["iops-risk"], [bare], explain=True)["predictions"]
    assert None in [each["value"] for each in found["contributions"]]


def test_volumes_of_one_request_do_not_touch_each_other(predictors):
    first, second = ([r for r in measured() if r["volume_id"] == v][:20] for v in ("vol-1", "vol-2"))
    mixed = [record for pair in zip(first, second, strict=True) for record in pair]
    together = asked(predictors["iops-risk"], mixed)["predictions"]
    assert together[::2] == asked(predictors["iops-risk"], first)["predictions"]
    assert together[1::2] == asked(predictors["iops-risk"], second)["predictions"]


def test_the_model_s_version_is_the_environment_s(predictors, monkeypatch):
    assert asked(predictors["iops-risk"], measured()[:1])["model_version"] == "unversioned"
    monkeypatch.setenv("MODEL_VERSION", "7")
    answer = asked(predictors["iops-risk"], measured()[:1])
    assert (answer["model_version"], answer["contract_hash"]) == ("7", RISK.hash)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"records": []}', b'{"records": {}}', b"not json"])
def test_a_request_without_records_is_an_error(body):
    with pytest.raises(ValueError, match=r"records|Expecting"):
        inference.input_fn(body, "application/json")


def test_another_content_type_is_an_error():
    with pytest.raises(ValueError, match="must be application/json, got 'text/csv'"):
        inference.input_fn(b"1,2", "text/csv")


def test_a_model_of_another_contract_does_not_load(trained, contracts_dir):
    with pytest.raises(ValueError, match="serves no such contract"):
        inference.model_fn(str(trained["iops-performance"]))
    features = (replace(RISK.record.features[0], unit="1/min"), *RISK.record.features[1:])
    other = replace(RISK, record=replace(RISK.record, features=features))
    (contracts_dir / "iops-risk.json").write_text(other.to_json())
    with pytest.raises(ValueError, match=f"contract iops-risk {RISK.hash}, this code serves {other.hash}"):
        inference.model_fn(str(trained["iops-risk"]))


def test_a_folder_without_a_model_does_not_load(tmp_path):
    with pytest.raises(ValueError, match=r"holds no model\.json"):
        inference.model_fn(str(tmp_path))
    (tmp_path / "model.json").write_text('{"format": 99}')
    with pytest.raises(ValueError, match="has format 99, this code reads 1"):
        inference.model_fn(str(tmp_path))
