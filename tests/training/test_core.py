"""Every kind of model through the same jobs: windows, texts and forecasts, with the boosted trees."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import artifact
import baselines
import evaluate
import golden
import inference
from dataset import KNOWN, read
from encoding import Encoder
from tests.training.fleet import metadata_of, prepared_from, split_table, train_on
from tests.training.kinds import AHEAD, CARD, NOTES, PLACES, SERIES, as_records, readings
from tests.training.test_evaluate import packed

CONTRACTS = {contract.name: contract for contract in (SERIES, NOTES, AHEAD, PLACES)}
ROOT = Path(__file__).parents[2]
PARTS = ("train", "validation", "test")


def stored(folder, columns):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.table({name: pa.array(values) for name, values in columns.items()}), folder / "a.parquet"
    )
    return folder


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    raw = stored(tmp_path_factory.mktemp("readings"), readings())
    folders = {name: tmp_path_factory.mktemp(name) for name in CONTRACTS}
    for name, folder in folders.items():
        prepared_from(raw, folder, CONTRACTS[name])
    return folders


@pytest.fixture(scope="module")
def models(splits, tmp_path_factory):
    folders = {name: tmp_path_factory.mktemp(f"{name}-model") for name in CONTRACTS}
    for name, folder in folders.items():
        train_on(splits[name], folder, CONTRACTS[name])
    return folders


@pytest.fixture(scope="module")
def evaluations(splits, models, tmp_path_factory):
    found = {}
    for name, contract in CONTRACTS.items():
        output = tmp_path_factory.mktemp(f"{name}-evaluation")
        found[name] = evaluate.evaluate(
            test=splits[name] / "test",
            metadata=splits[name] / "metadata",
            models=[packed(models[name], output / "model.tar.gz")],
            output=output,
            champion=None,
            contract=contract,
        )
    return found


def by_key(table):
    keys = zip(table["entity"].to_pylist(), table["timestamp"].to_pylist(), strict=True)
    return [(entity, time.isoformat()) for entity, time in keys]


@pytest.mark.parametrize("name", ["series", "notes", "places"])
def test_the_splits_hold_what_serving_would_read(splits, name):
    """The whole stream in one request gives the columns of every split's row, unlabelled records included."""
    contract, records = CONTRACTS[name], as_records(readings())
    encoder = Encoder.of(contract)
    served = dict(
        zip(
            [(record["device"], record["seen_at"]) for record in records],
            encoder.windows(encoder.read(records)),
            strict=True,
        )
    )
    for part in PARTS:
        table, rows = split_table(splits[name], part), read(splits[name] / part, contract)
        expected = np.array([served[key] for key in by_key(table)])
        np.testing.assert_array_equal(rows.features, expected)
    assert metadata_of(splits[name])["rows"]["unlabelled"] > 0


def test_a_forecast_s_rows_are_the_entity_s_own_later_values(splits):
    columns = readings()
    loads = {
        (device, time): load
        for device, time, load in zip(columns["device"], columns["seen_at"], columns["load"], strict=True)
    }
    whole = {"rows": 0, "hours": set()}
    for part in PARTS:
        table = split_table(splits["ahead"], part)
        for row in table.to_pylist():
            hours = np.timedelta64(int(row["horizon_hours"]), "h").astype(object)
            truth = loads[row["entity"], row["timestamp"] + hours]
            if np.isfinite(truth):
                assert row["load_ahead"] == pytest.approx(truth, rel=1e-6)
                whole["rows"] += 1
            assert row[KNOWN] == pytest.approx(row["load"])
            whole["hours"].add(row["horizon_hours"])
    assert whole["rows"] > 500
    assert whole["hours"] == {1.0, 6.0}


def test_the_longest_horizon_lies_between_a_forecast_s_splits(splits):
    assert metadata_of(splits["ahead"])["cuts"]["gap_ms"] == 6 * 3_600_000
    last = {part: max(split_table(splits["ahead"], part)["timestamp"].to_pylist()) for part in PARTS}
    first = {part: min(split_table(splits["ahead"], part)["timestamp"].to_pylist()) for part in PARTS}
    for earlier, later in (("train", "validation"), ("validation", "test")):
        assert (first[later] - last[earlier]).total_seconds() >= 6 * 3600


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_golden_rows_replay_through_the_export(models, splits, name):
    contract, held = CONTRACTS[name], json.loads((models[name] / golden.FILE).read_text())
    onnx.checker.check_model(onnx.load(models[name] / "model.onnx"), full_check=True)
    rows = np.array([unpacked(row, held) for row in held["rows"]], np.float32)
    assert rows.shape == (golden.ROWS, len(contract.columns))
    assert held["contract_hash"] == contract.hash
    session = onnxruntime.InferenceSession(models[name] / "model.onnx")
    found = session.run(None, {"features": rows})
    expected = np.array(held["probabilities" if contract.target.classes else "values"])
    np.testing.assert_allclose(found[0].reshape(expected.shape), expected, atol=held["tolerance"])
    if contract.target.classes:
        np.testing.assert_array_equal(found[1], held["labels"])
        assert set(held["labels"]) == {0, 1}
    validation = read(splits[name] / "validation", contract).features
    assert np.isnan(rows).any() == np.isnan(validation).any() == (name != "ahead")
    for row in rows:
        assert (np.isclose(validation, row, equal_nan=True)).all(axis=1).any()


def unpacked(row, held):
    if not held["sparse"]:
        return [np.nan if value is None else value for value in row]
    dense = np.zeros(held["columns"])
    for place, value in row:
        dense[place] = np.nan if value is None else value
    return dense


def test_wide_golden_rows_leave_zeros_out(models, splits, monkeypatch):
    monkeypatch.setattr(golden, "DENSE", 10)
    model = artifact.load(models["notes"])
    held = golden.of(model, read(splits["notes"] / "validation", NOTES))
    assert held["sparse"]
    rows = np.array([unpacked(row, held) for row in held["rows"]], np.float32)
    np.testing.assert_allclose(model.predict(rows), held["probabilities"], atol=1e-6)
    assert max(map(len, held["rows"])) < held["columns"]


def test_a_scorecard_s_probabilities_are_the_rule_s_own(splits):
    rows = read(splits["series"] / "test", SERIES)
    found = baselines.rule(rows.features, SERIES, CARD)
    for row, shares, label in zip(rows.features[:, -2:], found.values, found.labels, strict=True):
        record = {name: float(v) for name, v in zip(("load", "errors"), row, strict=True) if v == v}
        assert shares[1] == pytest.approx(CARD.probability(record))
        assert shares.sum() == pytest.approx(1)
        assert SERIES.target.classes[label] == CARD.answer(record)
    assert len(set(found.labels)) == 2


def test_a_record_sent_alone_has_no_earlier_steps():
    lacks = evaluate.history(SERIES)
    assert [name for name, gone in zip(SERIES.columns, lacks, strict=True) if not gone] == ["load", "errors"]
    assert not evaluate.history(NOTES).any()
    assert len(evaluate.history(AHEAD)) == len(AHEAD.columns)


def test_each_kind_learns_and_is_judged_beside_its_baselines(evaluations):
    series, notes, ahead, places = (evaluations[name] for name in CONTRACTS)
    assert series["metrics"]["auc"] > series["baselines"]["rule"]["auc"] > 0.55
    assert series["alone"]["auc"] < series["metrics"]["auc"]
    assert notes["metrics"]["accuracy"] > 0.95
    assert notes["alone"].items() <= notes["metrics"].items()
    assert {"constant", "persistence", "seasonal_24h"} <= set(ahead["baselines"])
    assert set(ahead["metrics"]) == set(ahead["baselines"]["persistence"]) >= {"pinball", "coverage"}
    assert set(ahead["horizons"]) == {"1", "6"}
    assert series["horizons"] == {}
    assert places["rows"] > 0


def test_an_endpoint_reads_windows_and_texts(models, tmp_path, monkeypatch):
    for name in ("series", "notes"):
        (tmp_path / f"{name}.json").write_text(CONTRACTS[name].to_json())
    monkeypatch.setenv("CONTRACTS_DIR", str(tmp_path))
    for name in ("series", "notes"):
        labels = {CONTRACTS[name].target.name, *({"note"} if name == "series" else ())}
        records = [
            {k: v for k, v in record.items() if k not in labels} for record in as_records(readings(hours=6))
        ]
        answer = inference.predict_fn(
            {"records": records, "explain": True}, inference.model_fn(str(models[name]))
        )
        assert len(answer["predictions"]) == len(records)
        assert answer["predictions"][0]["contributions"][0]["feature"] in CONTRACTS[name].columns


@pytest.mark.parametrize("job", ["prepare", "train", "generate", "evaluate"])
def test_a_job_s_start_loads_no_learner_and_no_pandas(job):
    """Each trial and each small job would wait for them."""
    program = f"import sys, {job}; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'training'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(found.stdout.split())
    assert not {"torch", "xgboost", "onnx", "onnxruntime", "boto3"} & loaded
    assert job == "prepare" or not {"sklearn", "pandas", "scipy"} & loaded
