"""The generator of metric snapshots: same seed same records, labels of the future, a task worth learning."""

import hashlib
import tarfile
from itertools import islice

import numpy as np
import pyarrow as pa
import pytest

import evaluate
import metrics
import prepare
import train
from catalog.models.failure import FAILURE
from catalog.models.failure_rule import FAILURE_POINTS
from sources import metric_snapshot
from sources.load import write_synthetic
from sources.metric_snapshot import faults, labels

CONTRACT = FAILURE.contract
ROWS = metric_snapshot.GROUP * metric_snapshot.SNAPSHOTS


@pytest.fixture(scope="module")
def fleet():
    """One table of 240 resources."""
    return next(metric_snapshot.chunks(ROWS))


@pytest.fixture(scope="module")
def best():
    return metric_snapshot.best_achievable()


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    """The model's evaluation on the default 10,000 records, by the jobs' own code."""
    folder = tmp_path_factory.mktemp("failure")
    write_synthetic(folder / "raw", 10_000, "metric_snapshot")
    prepare.prepare(
        raw=folder / "raw", output=folder, profile="synthetic", run_date="2026-02-01", contract=CONTRACT
    )
    names = ("train", "validation", "metadata")
    train.train(
        folders={name: folder / name for name in names},
        model_dir=folder / "model",
        hyperparameters={"learner": "lstm"},
        contract=CONTRACT,
    )
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        archive.add(folder / "model", arcname=".")
    return evaluate.evaluate(
        test=folder / "test",
        metadata=folder / "metadata",
        models=[folder / "model.tar.gz"],
        output=folder / "evaluation",
        champion=None,
        contract=CONTRACT,
    )


def digest(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def failing(table):
    """1 where failing, 0 where healthy, NaN where unlabelled."""
    return np.array(
        [np.nan if each is None else each == "failing" for each in table["failure_state"].to_pylist()]
    )


def test_same_seed_same_bytes_other_seed_others():
    once, again, other = (next(metric_snapshot.chunks(2_000, seed)) for seed in (1, 1, 2))
    assert digest(once) == digest(again) != digest(other)


@pytest.mark.parametrize("records", [1, 10_000, ROWS + 1])
def test_there_are_as_many_records_as_asked_for(records):
    assert sum(map(len, metric_snapshot.chunks(records))) == records


def test_no_records_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(metric_snapshot.chunks(0))


def test_the_first_records_do_not_depend_on_how_many_there_are(fleet):
    assert next(metric_snapshot.chunks(10_000)).equals(fleet.slice(0, 10_000))


def test_tables_differ_and_no_key_comes_twice():
    table = pa.concat_tables(islice(metric_snapshot.chunks(2 * ROWS), 2))
    keys = table.group_by(["resource_id", "timestamp"]).aggregate([([], "count_all")])
    assert len(keys) == len(table) == 2 * ROWS
    halves = table["cpu_usage"].slice(0, ROWS), table["cpu_usage"].slice(ROWS)
    assert halves[0] != halves[1]


def test_every_record_passes_the_contract(fleet):
    for row in fleet.take(np.arange(0, len(fleet), 97)).to_pylist():
        record = {name: value for name, value in row.items() if value is not None}
        record["timestamp"] = record["timestamp"].isoformat()
        assert CONTRACT.record.check(record, [CONTRACT.target]) == []


def test_it_gives_the_features_and_the_target_of_the_model(fleet):
    names = [feature.name for feature in CONTRACT.record.features]
    assert set(fleet.column_names) == {"resource_id", "timestamp", *names, CONTRACT.target.name}
    assert CONTRACT.target.classes == labels.CLASSES
    assert CONTRACT.target.horizon_hours == labels.AHEAD * 5 / 60


def test_labels_tell_failures_of_the_hour_ahead_and_stop_where_it_is_cut_off():
    failures = np.zeros((40, 2), bool)
    failures[20, 0] = True
    found = labels.failing(failures)
    assert np.flatnonzero(found[:, 0] == 1).tolist() == list(range(8, 20))
    assert (found[-12:] == -1).all()
    assert (found[:-12, 1] == 0).all()


def test_about_a_fifth_is_failing(fleet):
    found = failing(fleet)
    assert 0.15 < np.nanmean(found) < 0.25
    assert np.isnan(found).mean() == pytest.approx(12 / metric_snapshot.SNAPSHOTS)


def test_values_go_missing_but_never_all_of_a_record(fleet):
    names = [feature.name for feature in CONTRACT.record.features]
    missing = np.column_stack([np.isnan(fleet[name].to_numpy()) for name in names])
    assert missing[:, 0].mean() == pytest.approx(0.02, abs=0.005)
    assert 0.10 < missing[:, names.index("response_time_ms")].mean() < 0.25
    assert not missing.all(axis=1).any()


def test_a_fault_grows_and_a_failure_ends_it():
    state, failures = faults.path(np.random.default_rng(0), 50, 200)
    before, after = state.mode[:-1], state.mode[1:]
    ended = failures[1:] & (before > 0)
    assert ended.any()
    assert (after[ended] == 0).all()
    going = (before == after) & (before > 0)
    assert (np.diff(state.growth, axis=0)[going] >= 0).all()


def test_every_fault_shows_in_its_own_measurement():
    traits = {
        "memory_leak": "memory_usage",
        "disk_saturation": "disk_queue",
        "network_degradation": "network_errors",
        "cpu_saturation": "cpu_usage",
    }
    state, _ = faults.path(np.random.default_rng(1), 60, 200)
    seen = metric_snapshot.measures.measure(np.random.default_rng(2), state)
    for mode, name in traits.items():
        grown = (state.mode == faults.MODES.index(mode)) & (state.growth > 0.6)
        others = {
            other: np.nanmedian(seen[other][grown]) / np.nanmedian(seen[other]) for other in traits.values()
        }
        assert max(others, key=others.__getitem__) == name


def test_chance_leaves_room_for_error_and_what_is_best_does_not_depend_on_the_draw(best):
    assert 0.93 < best["auc"] < 0.98
    assert metric_snapshot.best_achievable(seed=7)["auc"] == pytest.approx(best["auc"], abs=0.015)


def test_the_rule_is_decent_and_far_from_the_best(fleet, best):
    chosen = fleet.take(np.arange(0, len(fleet), 5))
    truth = failing(chosen)
    score = np.array([FAILURE_POINTS.probability(row) for row in chosen.to_pylist()])
    known = ~np.isnan(truth)
    found = metrics.auc(truth[known] == 1, score[known])
    assert 0.75 < found < best["auc"] - 0.08


def test_history_tells_more_than_the_latest_snapshot(evaluation, best):
    found = evaluation["metrics"]["auc"]
    assert 0.85 < found < best["auc"] + 0.01
    assert found > evaluation["baselines"]["rule"]["auc"] + 0.03
    assert found > evaluation["alone"]["auc"]
