"""The splits: what a model learns from never knows what it is judged on."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.preprocessing import StandardScaler

import buckets
import prepare
from features import iops_insight
from jobs import JobError
from splits import known_before
from tests.training.fleet import (
    HOURS,
    RISK,
    SCORE,
    as_records,
    fleet,
    metadata_of,
    prepared_from,
    split_table,
    store,
)
from tests.training.given import columns

ROOT = Path(__file__).parents[2]
PARTS = ("train", "validation", "test")


def features_of(output, name):
    table = split_table(output, name)
    return np.column_stack([table[feature].to_numpy() for feature in RISK.features])


def by_key(output, part):
    return split_table(output, part).sort_by([("entity", "ascending"), ("timestamp", "ascending")])


def assert_same(one, other):
    assert one.schema == other.schema
    for name in one.schema.names:
        np.testing.assert_array_equal(one[name].to_numpy(), other[name].to_numpy())


def spans(output):
    """First and last time of each volume in each part, in hours."""
    found = {}
    for part in PARTS:
        table = split_table(output, part)
        hours = table["timestamp"].cast(pa.int64()).to_numpy() / 3_600_000
        volumes = np.array(table["entity"].to_pylist())
        for volume in set(volumes):
            mine = hours[volumes == volume]
            found.setdefault(volume, {})[part] = (mine.min(), mine.max())
    return found


def assert_no_future_in_the_past(output):
    for parts in spans(output).values():
        for earlier, later in (("train", "validation"), ("validation", "test")):
            assert parts[earlier][1] + HOURS <= parts[later][0]


def test_a_volume_s_future_is_never_in_its_past_and_a_horizon_lies_between(prepared):
    assert_no_future_in_the_past(prepared["iops-risk"])


def test_a_planted_leak_is_caught(prepared, tmp_path):
    """The check above sees it when a single test row lies in the training split."""
    for part in PARTS:
        (tmp_path / part).mkdir()
        table = split_table(prepared["iops-risk"], part)
        leak = split_table(prepared["iops-risk"], "test").slice(0, 1)
        planted = pa.concat_tables([table, leak]) if part == "train" else table
        pq.write_table(planted, tmp_path / part / "part-00000.parquet")
    with pytest.raises(AssertionError):
        assert_no_future_in_the_past(tmp_path)


def changed_in(part, cuts, tmp_path):
    """The splits after every measurement of that part was changed beyond recognition."""
    columns = fleet()
    start, end = {"validation": (cuts[0], cuts[1]), "test": (cuts[1], "9"), "train": ("0", cuts[0])}[part]
    inside = np.array([start <= time.isoformat() < end for time in columns["timestamp"]])
    for name in ("p99_latency", "avg_latency", "queue_depth", "read_iops", "error_rate"):
        columns[name] = np.where(inside, columns[name] * 1000, columns[name])
    prepared_from(store(tmp_path / "raw", columns), tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("part", "untouched"), [("validation", ["train"]), ("test", ["train", "validation"])]
)
def test_nothing_that_happens_later_reaches_an_earlier_part_or_the_scaler(
    prepared, tmp_path, part, untouched
):
    before = metadata_of(prepared["iops-risk"])
    after = changed_in(part, (before["cuts"]["validation"], before["cuts"]["test"]), tmp_path)
    for name in untouched:
        assert_same(split_table(after, name), split_table(prepared["iops-risk"], name))
    with pytest.raises(AssertionError):
        assert_same(split_table(after, part), split_table(prepared["iops-risk"], part))
    assert metadata_of(after)["scaler"] == before["scaler"]


def test_what_happens_in_training_does_reach_the_scaler(prepared, tmp_path):
    before = metadata_of(prepared["iops-risk"])
    after = changed_in("train", (before["cuts"]["validation"], ""), tmp_path)
    assert metadata_of(after)["scaler"] != before["scaler"]


def test_the_scaler_is_fitted_on_the_training_split_alone(prepared):
    train = features_of(prepared["iops-risk"], "train").astype(np.float64)
    given = ~np.isnan(train).all(axis=0)
    expected, found = StandardScaler().fit(train[:, given]), metadata_of(prepared["iops-risk"])["scaler"]
    np.testing.assert_allclose(np.array(found["mean"])[given], expected.mean_, rtol=1e-6)
    np.testing.assert_allclose(np.array(found["scale"])[given], expected.scale_, rtol=1e-6)


def test_a_feature_that_is_never_there_is_left_as_it_is(tmp_path):
    columns = {name: values for name, values in fleet().items() if name != "io_size_avg"}
    found = prepared_from(store(tmp_path / "raw", columns), tmp_path / "out")
    place = RISK.features.index("io_size_avg")
    assert (found["scaler"]["mean"][place], found["scaler"]["scale"][place]) == (0, 1)
    assert found["splits"]["train"]["ranges"]["io_size_avg"] == {"min": None, "max": None, "missing": 1.0}


def test_the_shares_are_70_15_15_of_the_labelled_rows(prepared):
    found = metadata_of(prepared["iops-risk"])
    counts = [found["splits"][part]["rows"] for part in PARTS]
    labelled = found["rows"]["read"] - found["rows"]["unlabelled"] - found["rows"]["duplicates"]
    assert sum(counts) + found["rows"]["gap"] == labelled
    gap = HOURS * 2 * 8 / labelled
    np.testing.assert_allclose(np.array(counts) / labelled, (0.70, 0.15, 0.15), atol=gap)


def test_history_sees_unlabelled_rows(prepared):
    """The features are the feature code's over all records, not over those that happen to have a label."""
    records = as_records(fleet())
    built = iops_insight.build(columns(records, RISK)).astype(np.float32)
    rows = {(r["volume_id"], r["timestamp"]): row for r, row in zip(records, built, strict=True)}
    table = split_table(prepared["iops-risk"], "test")
    keys = zip(table["entity"].to_pylist(), table["timestamp"].to_pylist(), strict=True)
    expected = np.array([rows[volume, time.isoformat()] for volume, time in keys])
    np.testing.assert_array_equal(features_of(prepared["iops-risk"], "test"), expected)


def test_same_input_same_bytes(raw, prepared, tmp_path):
    prepared_from(raw, tmp_path)
    files = [path.relative_to(tmp_path) for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert len(files) == 6
    for path in files:
        assert (tmp_path / path).read_bytes() == (prepared["iops-risk"] / path).read_bytes()


@pytest.mark.parametrize("rows", [100_000, 400])
def test_a_replay_changes_nothing_and_the_last_record_wins(prepared, tmp_path, monkeypatch, rows):
    monkeypatch.setattr(buckets, "NUMBERS", rows * 25)
    columns = fleet()
    spoilt = {**columns, "read_iops": columns["read_iops"] * 9}
    spoilt["risk_level"] = [label and "critical" for label in columns["risk_level"]]
    store(tmp_path / "raw", spoilt, "part-0")
    found = prepared_from(store(tmp_path / "raw", columns, "part-1"), tmp_path / "out")
    assert found["rows"]["duplicates"] == len(columns["volume_id"])
    for part in PARTS:
        assert_same(by_key(tmp_path / "out", part), by_key(prepared["iops-risk"], part))


def test_buckets_change_the_memory_not_the_rows(raw, prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(buckets, "NUMBERS", 300 * 25)
    found = prepared_from(raw, tmp_path)
    assert buckets.count_for(1600, 25) == 6
    for part in PARTS:
        assert_same(by_key(tmp_path, part), by_key(prepared["iops-risk"], part))
    expected = metadata_of(prepared["iops-risk"])
    assert found["splits"] == expected["splits"]
    np.testing.assert_allclose(found["scaler"]["mean"], expected["scaler"]["mean"], rtol=1e-6)


def test_json_lines_and_parquet_hold_the_same_records(prepared, tmp_path):
    place = tmp_path / "raw" / "insights" / "profile=synthetic"
    place.mkdir(parents=True)
    lines = [json.dumps({**record, "id": "x", "origin": "api"}) for record in as_records(fleet())]
    (place / "a.jsonl").write_text("\n".join(lines[:700]))
    (place / "b.jsonl").write_text("\n".join(lines[700:]))
    (place / "c.jsonl").write_text("")
    prepared_from(tmp_path / "raw", tmp_path / "out")
    for part in PARTS:
        assert_same(split_table(tmp_path / "out", part), split_table(prepared["iops-risk"], part))


def test_a_single_csv_file_holds_the_same_records(prepared, tmp_path):
    """Whatever stands beside it; pandas writes times with a blank and leaves missing values empty."""
    file = tmp_path / "data.csv"
    pd.DataFrame(fleet()).assign(other="x, y").to_csv(file, index=False)
    (tmp_path / "beside.csv").write_text("not,records\n1,2\n")
    prepared_from(file, tmp_path / "out")
    for part in PARTS:
        assert_same(split_table(tmp_path / "out", part), split_table(prepared["iops-risk"], part))


def test_a_csv_file_without_the_keys_is_refused(tmp_path):
    (tmp_path / "data.csv").write_text("p99_latency,risk_level\n12,low\n")
    with pytest.raises(
        JobError, match=r"data.csv cannot .* needs the columns volume_id, timestamp, lacks volume_id"
    ):
        prepared_from(tmp_path / "data.csv", tmp_path / "out")


def test_only_the_asked_profile_is_read(prepared, tmp_path):
    other = store(tmp_path / "raw", fleet()) / "insights"
    (other / "profile=synthetic").rename(other / "profile=live")
    store(tmp_path / "raw", fleet(seed=0))
    found = prepared_from(tmp_path / "raw", tmp_path / "out")
    assert found["data_hash"] == metadata_of(prepared["iops-risk"])["data_hash"]
    assert found["lineage"]["sources"] == ["insights/profile=synthetic/date=2026-01-05/part-0.parquet"]


def test_the_metadata_says_everything(prepared):
    found = metadata_of(prepared["iops-performance"])
    dated = json.loads(
        (prepared["iops-performance"] / "metadata" / "feature-metadata-2026-02-01.json").read_text()
    )
    assert found == dated
    assert found["contract_hash"] == SCORE.hash
    assert [feature["name"] for feature in found["schema"]["features"]] == list(SCORE.features)
    assert found["schema"]["target"]["name"] == "performance_score"
    for part in PARTS:
        assert found["splits"][part]["rows"] == len(split_table(prepared["iops-performance"], part))
        assert found["splits"][part]["entities"] == 8
        assert set(found["splits"][part]["ranges"]) == set(SCORE.features)
    train = split_table(prepared["iops-performance"], "train")["performance_score"].to_numpy()
    assert found["constant"] == pytest.approx(train.mean(), rel=1e-5)
    assert len(found["data_hash"]) == 64
    assert found["lineage"]["files"] == 1


def test_the_known_label_is_the_latest_one_whose_truth_is_out():
    draw = np.random.default_rng(3)
    volume, time = np.repeat([0, 1, 2], 30), np.tile(np.sort(draw.choice(100, 30, replace=False)), 3)
    target = np.where(draw.random(90) < 0.3, np.nan, draw.random(90))
    found = known_before(volume, time, target, 7)
    for row in range(90):
        past = [i for i in range(90) if volume[i] == volume[row] and time[i] + 7 <= time[row]]
        known = [target[i] for i in past if np.isfinite(target[i])]
        np.testing.assert_equal(found[row], known[-1] if known else np.nan)


def without(columns, name):
    return {key: values for key, values in columns.items() if key != name}


BAD = {
    "no label": (lambda c: {**c, "risk_level": [None] * len(c["volume_id"])}, "0 labelled records"),
    "no label column": (lambda c: without(c, "risk_level"), "needed are at least 20 labelled records"),
    "no key column": (lambda c: without(c, "volume_id"), "lacks volume_id"),
    "a missing key": (
        lambda c: {**c, "volume_id": [None, *c["volume_id"][1:]]},
        "1 records have no volume_id",
    ),
    "an unknown label": (
        lambda c: {**c, "risk_level": ["severe", *c["risk_level"][1:]]},
        "one of low, medium, high, critical, got 'severe'",
    ),
    "a text feature": (
        lambda c: {**c, "read_iops": ["many"] * len(c["volume_id"])},
        "column read_iops must hold",
    ),
    "one time": (lambda c: {**c, "timestamp": c["timestamp"][:1] * len(c["volume_id"])}, "3 distinct times"),
    "no time": (
        lambda c: {**c, "timestamp": ["yesterday"] * len(c["volume_id"])},
        "cannot be read as records",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_clear_error(case, tmp_path):
    spoil, expected = BAD[case]
    with pytest.raises(JobError, match=expected):
        prepared_from(store(tmp_path / "raw", spoil(fleet())), tmp_path / "out")


def test_a_score_out_of_range_is_refused(tmp_path):
    columns = fleet()
    columns["performance_score"][0] = 101.0
    with pytest.raises(JobError, match="must be from 0 to 100 points, got 101"):
        prepared_from(store(tmp_path / "raw", columns), tmp_path / "out", SCORE)


def test_too_short_a_time_for_the_horizon_is_refused(tmp_path):
    longer = replace(RISK, target=replace(RISK.target, horizon_hours=1000))
    with pytest.raises(JobError, match="no rows for train and validation"):
        prepared_from(store(tmp_path / "raw", fleet()), tmp_path / "out", longer)


@pytest.mark.parametrize(
    ("name", "content"), [("x.parquet", b"PAR1 no"), ("x.jsonl", b'{"volume_id": '), ("x.csv", b"a,b\n1\n")]
)
def test_a_corrupt_file_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(JobError, match=f"{name} cannot be read as records"):
        prepared_from(tmp_path, tmp_path / "out")


def arguments(raw, output, date="2026-02-01"):
    return ["--raw", str(raw), "--output", str(output), "--profile", "synthetic", "--run-date", date]


@pytest.mark.usefixtures("contracts_dir")
def test_the_job_runs_from_its_command_line(raw, tmp_path, capsys):
    assert prepare.main(arguments(raw, tmp_path / "out")) == 0
    assert "iops-risk synthetic: train" in capsys.readouterr().out


@pytest.mark.usefixtures("contracts_dir")
def test_a_failing_job_says_why_in_one_line(tmp_path, capsys):
    message = tmp_path / "message"
    assert prepare.main([*arguments(tmp_path, tmp_path / "out"), "--message", str(message)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no records of profile 'synthetic'" in said
    assert message.read_text() in said
    assert prepare.main(arguments(tmp_path, tmp_path, "today")) == 1


def test_a_bundle_with_two_contracts_is_refused(raw, contracts_dir, tmp_path, capsys):
    (contracts_dir / "iops-performance.json").write_text(SCORE.to_json())
    assert prepare.main(arguments(raw, tmp_path / "out")) == 1
    assert "exactly one contract, found iops-performance, iops-risk" in capsys.readouterr().err
