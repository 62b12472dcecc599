"""The generator: same seed same records, memory that does not grow, labels out of the future alone."""

import hashlib
import tracemalloc
from dataclasses import replace
from itertools import islice

import numpy as np
import pyarrow as pa
import pytest

from catalog.records.iops_insight import IOPS_INSIGHT
from sources import iops_insight
from sources.iops_insight import incidents, load, measures, truth
from tests.training.fleet import MODELS

TARGETS = [spec.contract.target for spec in MODELS]
ROWS = iops_insight.GROUP * iops_insight.WINDOWS


@pytest.fixture(scope="module")
def fleet():
    """One table of 240 volumes."""
    return next(iops_insight.chunks(ROWS))


def digest(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def by_volume(table, name):
    return np.array(table[name].to_pylist()).reshape(-1, iops_insight.WINDOWS)


def test_same_seed_same_bytes_other_seed_others():
    once, again, other = (next(iops_insight.chunks(2_000, seed)) for seed in (1, 1, 2))
    assert digest(once) == digest(again) != digest(other)


@pytest.mark.parametrize("records", [1, 335, 10_000, ROWS, ROWS + 1])
def test_there_are_as_many_records_as_asked_for(records):
    assert sum(map(len, iops_insight.chunks(records))) == records


def test_no_records_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(iops_insight.chunks(0))


def test_the_first_records_do_not_depend_on_how_many_there_are(fleet):
    assert next(iops_insight.chunks(10_000)).equals(fleet.slice(0, 10_000))


def test_tables_differ_and_no_key_comes_twice():
    table = pa.concat_tables(iops_insight.chunks(2 * ROWS))
    keys = table.group_by(["volume_id", "timestamp"]).aggregate([([], "count_all")])
    assert len(keys) == len(table)
    assert len(np.unique(table["avg_latency"].to_numpy())) == len(table)


def test_memory_does_not_grow_with_the_number_of_records():
    def peak(tables):
        tracemalloc.start()
        try:
            for table in islice(iops_insight.chunks(50_000_000), tables):
                assert len(table) == ROWS
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(4) < 1.2 * peak(2)


def test_every_record_passes_the_contract(fleet):
    for row in fleet.take(np.arange(0, len(fleet), 97)).to_pylist():
        record = {name: value for name, value in row.items() if value is not None}
        record["timestamp"] = record["timestamp"].isoformat()
        assert IOPS_INSIGHT.check(record, TARGETS) == []


def test_times_are_the_ends_of_half_hours_from_the_fixed_start(fleet):
    times = [time.isoformat() for time in fleet["timestamp"].to_pylist()[: iops_insight.WINDOWS]]
    assert times[:2] == ["2026-01-01T00:30:00+00:00", "2026-01-01T01:00:00+00:00"]
    assert times[-1] == "2026-01-08T00:00:00+00:00"


def test_derived_features_are_left_to_the_feature_code(fleet):
    derived = {feature.name for feature in IOPS_INSIGHT.features if feature.missing == "derive"}
    given = {feature.name for feature in IOPS_INSIGHT.features} - derived
    labels = {target.name for target in TARGETS}
    assert set(fleet.column_names) == {"volume_id", "timestamp"} | given | labels


def test_the_models_declare_the_horizon_of_the_labels():
    assert {target.horizon_hours for target in TARGETS} == {truth.AHEAD * measures.WINDOW_HOURS}


def test_four_fifths_are_labelled_and_nothing_whose_future_is_cut_off(fleet):
    known = by_volume(fleet, "risk_level") != np.array(None)
    assert not known[:, -truth.AHEAD :].any()
    assert known[:, : -truth.AHEAD].mean() == pytest.approx(0.8, abs=0.01)
    assert (known == (by_volume(fleet, "performance_score") != np.array(None))).all()


def test_low_risk_is_common_and_no_class_is_rare(fleet):
    counts = fleet["risk_level"].drop_null().value_counts().to_pylist()
    share = {each["values"]: each["counts"] / fleet["risk_level"].drop_null().length() for each in counts}
    assert 0.55 < share["low"] < 0.75
    assert min(share.values()) > 0.05


def test_labels_come_from_the_future_and_measurements_do_not():
    now, volumes = 60, 40
    states = incidents.path(np.random.default_rng(0), volumes, 120)
    shuffled = np.random.default_rng(1).permutation(volumes)
    other = replace(
        states,
        fault=np.concatenate((states.fault[:now], states.fault[now:, shuffled])),
        suffering=np.concatenate((states.suffering[:now], states.suffering[now:, shuffled])),
    )
    seen, labels = zip(*(_seen_and_labels(each) for each in (states, other)), strict=True)
    for name in seen[0]:
        np.testing.assert_array_equal(seen[0][name][:now], seen[1][name][:now], err_msg=name)
        if name.endswith("latency"):
            assert (seen[0][name][now:] != seen[1][name][now:]).any()
    changed = labels[0] != labels[1]
    assert changed[now - truth.AHEAD : now].mean() > 0.2
    assert not changed[: now - truth.AHEAD].any()


def _seen_and_labels(states):
    weight = measures.burden(np.random.default_rng(2), states)
    given = load.draw(np.random.default_rng(3), states.fault.shape[1], len(states.fault))
    seen = measures.measure(np.random.default_rng(4), given, states, weight)
    return seen, truth.risk(np.random.default_rng(5), truth.ahead(weight))


def test_a_fault_shows_before_it_hurts(fleet):
    errors = np.log(by_volume(fleet, "error_rate") + 1e-5)
    latency = np.log(by_volume(fleet, "avg_latency"))

    def together(early, late):
        return np.corrcoef(early.ravel(), late.ravel())[0, 1]

    assert together(errors[:, :-4], latency[:, 4:]) > together(errors[:, 4:], latency[:, :-4]) + 0.05


def test_alerts_restart_the_clock(fleet):
    hours = by_volume(fleet, "time_since_last_alert")
    step = np.diff(hours, axis=1)
    assert ((hours[:, 1:] == 0) | np.isclose(step, 0.5)).all()
    assert 0.03 < (hours == 0).mean() < 0.2
