"""The 25 features: names, values, and that no row ever sees a later one."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from catalog.records.iops_insight import IOPS_INSIGHT
from features import iops_insight as insight
from features.columns import Columns
from tests.training import given
from tests.training.fleet import HISTORY, RISK

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
GIVEN = ("read_iops", "write_iops", "avg_latency", "p99_latency", "error_rate", "bandwidth_mbps")


def read(rows):
    return given.columns(rows, RISK)


def column(features, name):
    return features[:, insight.NAMES.index(name)]


def records(latencies, volume="v", **more):
    return [
        {
            "volume_id": volume,
            "timestamp": (START + timedelta(minutes=30 * i)).isoformat(),
            "avg_latency": latency,
            **{name: values[i] for name, values in more.items()},
        }
        for i, latency in enumerate(latencies)
    ]


def fleet(volumes=7, windows=80, seed=0):
    rng = np.random.default_rng(seed)
    rows = volumes * windows
    values = {name: rng.lognormal(size=rows) for name in GIVEN}
    values["avg_latency"][rng.random(rows) < 0.1] = np.nan
    time = np.tile(np.arange(windows) * 1800, volumes) + 1767225600
    return Columns(np.repeat(np.arange(volumes), windows), time, values)


def take(columns, rows):
    return Columns(
        columns.entity[rows], columns.time[rows], {name: v[rows] for name, v in columns.values.items()}
    )


def test_names_are_the_declared_features_in_order():
    assert tuple(feature.name for feature in IOPS_INSIGHT.features) == insight.NAMES


def test_what_can_be_derived_from_one_record():
    record = {
        "volume_id": "v", "timestamp": "2026-01-07T16:30:00+02:00", "read_iops": 30, "write_iops": 10,
        "avg_latency": 2.0, "bandwidth_mbps": 4.0, "sequential_access_ratio": 0.25,
    }  # fmt: skip
    row = dict(zip(insight.NAMES, insight.build(read([record]))[0], strict=True))
    expected = {
        "total_iops": 40, "hour_of_day": 14, "day_of_week": 2, "random_access_ratio": 0.75,
        "iops_per_latency": 20, "efficiency_ratio": 0.1,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert all(np.isnan(row[name]) for name in (*HISTORY, "queue_depth"))


def test_a_given_value_wins_over_the_derived_one():
    rows = records([1.0, 1.0], total_iops=[5.0, None], read_iops=[1.0, 2.0], write_iops=[1.0, 2.0])
    assert column(insight.build(read(rows)), "total_iops").tolist() == [5.0, 4.0]


@pytest.mark.parametrize("cut", [1, 2, 13, 49, 79])
def test_the_future_never_enters(cut):
    """Whatever is planted after a volume's row, that row's features stay the same to the last bit."""
    whole = fleet()
    past = whole.time < np.sort(np.unique(whole.time))[cut]
    planted = {name: np.where(past, values, 1e6) for name, values in whole.values.items()}
    honest = insight.build(whole)[past]
    leaky = Columns(whole.entity, whole.time, planted)
    np.testing.assert_array_equal(insight.build(leaky)[past], honest)
    np.testing.assert_array_equal(insight.build(take(whole, past)), honest)


def test_one_volume_never_sees_another():
    whole = fleet()
    for volume in (0, 3):
        own = whole.entity == volume
        np.testing.assert_array_equal(insight.build(take(whole, own)), insight.build(whole)[own])


def test_order_of_rows_does_not_matter():
    whole = fleet()
    shuffled = np.random.default_rng(1).permutation(len(whole.time))
    np.testing.assert_array_equal(insight.build(take(whole, shuffled)), insight.build(whole)[shuffled])


def test_rows_that_are_asked_for_are_as_among_all():
    whole, asked = fleet(), np.array([500, 3, 77])
    np.testing.assert_array_equal(insight.build(whole, asked), insight.build(whole)[asked])


def test_spikes_are_counted_over_six_hours():
    built = insight.build(read(records([1.0] * 15, p99_latency=[3.0] * 14 + [1.0])))
    counts = column(built, "latency_spike_count")
    assert np.isnan(counts[0])
    assert counts[1:].tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 12, 11]


def test_error_trend_falls_stays_and_rises():
    built = insight.build(read(records([1.0] * 5, error_rate=[0.1, 0.2, 0.2, 0.205, 0.1])))
    assert column(built, "error_trend")[1:].tolist() == [1, 0, 0, -1]


def test_anomaly_score_measures_deviations_from_the_recent_median():
    noise = np.exp([0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 0.1, -0.1])
    scores = column(insight.build(read(records([*noise, 1.0, np.exp(1.0)]))), "anomaly_score")
    assert np.isnan(scores[:3]).all()
    assert scores[8] == pytest.approx(0, abs=1e-9)
    assert scores[9] == pytest.approx(1 / (1.4826 * 0.1), rel=0.01)


def test_trend_score_is_the_slope_per_hour():
    rising = np.exp(0.3 * np.arange(20) / 2)
    scores = column(insight.build(read(records(rising))), "trend_score")
    assert np.isnan(scores[:2]).all()
    assert scores[2:] == pytest.approx(0.3)


def test_load_factor_compares_with_the_highest_of_a_day():
    totals = [100.0] + [50.0] * 47 + [25.0, 25.0]
    loads = column(insight.build(read(records([1.0] * 50, total_iops=totals))), "load_factor")
    assert loads[[1, 47, 48]].tolist() == [0.5, 0.5, 0.5]
    assert np.isnan(loads[0])


def test_a_day_of_silence_starts_anew():
    rows = records([1.0] * 6, total_iops=[9.0] * 6)
    rows[4:] = [{**row, "timestamp": row["timestamp"].replace("-05T", "-09T")} for row in rows[4:]]
    loads = column(insight.build(read(rows)), "load_factor")
    assert np.isnan(loads).tolist() == [True, False, False, False, True, False]
