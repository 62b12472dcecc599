"""The generator of placement requests: seeded, of the schema, measured on both platforms, as stated."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from catalog.models.placement import PLACEMENT, TWINS
from catalog.placement import MEASURES, PLATFORM
from catalog.records import placement_request as record
from sources import placement_request
from sources.placement_request import traffic

CONTRACT = PLACEMENT.contract
REQUESTS = 6_000


@pytest.fixture(scope="module")
def table():
    return pa.concat_tables(placement_request.chunks(REQUESTS, placement=TWINS))


@pytest.fixture(scope="module")
def labels(table):
    """Of each request: its workload, and whether Lambda serves it better."""
    measured = {name: np.array(table[name]).reshape(-1, 2) for name in MEASURES}
    better = CONTRACT.placement.burden_usd(**measured).argmin(axis=1)
    return np.array(table["workload_type"].to_pylist())[::2], better == CONTRACT.target.classes.index(
        "lambda"
    )


def test_the_seed_decides_everything_and_the_count_only_how_much(table):
    again, other = (
        pa.concat_tables(placement_request.chunks(500, seed, placement=TWINS)) for seed in (20260101, 1)
    )
    assert len(again) == 1_000
    assert again.equals(pa.concat_tables([table.slice(0, 1_000)]).combine_chunks())
    assert not other.equals(again)


def test_no_requests_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(placement_request.chunks(0, placement=TWINS))


def test_every_request_is_measured_once_on_either_platform(table):
    assert len(table) == 2 * REQUESTS
    assert table[PLATFORM].to_pylist() == list(CONTRACT.target.classes) * REQUESTS
    names = table["request_id"].to_pylist()
    assert names[::2] == names[1::2]
    assert len(set(names)) == REQUESTS
    for name in table.column_names:
        if name not in (PLATFORM, *MEASURES):
            assert (
                table[name]
                .take(pa.array(range(0, 400, 2)))
                .equals(table[name].take(pa.array(range(1, 400, 2))))
            )


def test_times_never_fall(table):
    assert all(later >= earlier for earlier, later in pairwise(table["timestamp"].to_pylist()))


def test_records_satisfy_the_schema(table):
    assert tuple(traffic.WORKLOADS) == record.WORKLOADS
    assert (traffic.TIME_WINDOWS, traffic.LOAD_PATTERNS) == (record.TIME_WINDOWS, record.LOAD_PATTERNS)
    keys = [key.name for key in CONTRACT.record.keys]
    sent = [each.name for each in CONTRACT.record.features if each.missing != "compute"]
    assert table.column_names == [*keys, *sent, PLATFORM, *MEASURES]
    for row in table.slice(0, 400).to_pylist():
        given = {name: row[name] for name in (*keys, *sent)}
        assert CONTRACT.record.check({**given, "timestamp": row["timestamp"].isoformat()}) == []


def test_the_time_window_is_that_of_the_hour(table):
    ends = {
        "night": (0, 6),
        "morning": (6, 11),
        "midday": (11, 14),
        "afternoon": (14, 18),
        "evening": (18, 24),
    }
    for time, window in zip(table["timestamp"].to_pylist(), table["time_window"].to_pylist(), strict=True):
        assert ends[window][0] <= time.hour < ends[window][1]


def test_what_is_measured_is_possible(table):
    latency, cost, error = (np.array(table[name]).reshape(-1, 2) for name in MEASURES)
    assert (latency > 0).all()
    assert (cost >= 0).all()
    assert set(np.unique(error)) <= {0.0, 1.0}
    large = np.array(table["payload_size_kb"])[::2] > TWINS.function.limit_kb
    assert large.any()
    assert (error[large, 0] == 1).all()
    assert error[~large].mean() < 0.01


@pytest.mark.parametrize(
    ("workload", "share"), [*zip(traffic.WORKLOADS, (0.47, 0.57, 0.75, 0.96), strict=True)]
)
def test_the_share_that_lambda_serves_better_is_as_stated(labels, workload, share):
    kind, better = labels
    assert better[kind == workload].mean() == pytest.approx(share, abs=0.05)


def test_the_best_answer_errs_as_often_as_stated():
    best = placement_request.best_achievable(campaigns=6, placement=TWINS)
    assert 0.80 < best["accuracy"] < 0.93
    assert best["auc"] > best["accuracy"]
    assert 0 < best["regret_usd"] < TWINS.latency_usd_per_s / 10
    assert 0 < best["regret"] < 0.2
    assert 0 < best["extra_latency_ms"] < 1000
