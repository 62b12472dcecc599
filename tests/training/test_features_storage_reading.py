"""Features of storage readings: by time, from the resource's own past, the same alone and in bulk."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from catalog.models.capacity import CAPACITY
from features import storage_reading as code
from features.columns import Columns
from tests.training.given import columns

START = datetime(2026, 1, 5, tzinfo=UTC)


def records(hours, usage, resource="vol-1", **more):
    return [
        {
            "resource_id": resource,
            "timestamp": (START + timedelta(hours=float(hour))).isoformat(),
            "current_storage_usage": float(value),
            **{name: values[place] for name, values in more.items()},
        }
        for place, (hour, value) in enumerate(zip(hours, usage, strict=True))
    ]


def built(given):
    """The features of each record, by name."""
    matrix = code.build(columns(given, CAPACITY.contract))
    return [dict(zip(code.NAMES, row, strict=True)) for row in matrix]


def last(given):
    return built(given)[-1]


def test_it_builds_what_the_contract_names():
    assert CAPACITY.contract.features == code.NAMES
    assert CAPACITY.contract.record.history.records == code.PAST


def test_clock_features():
    monday, saturday = last(records([9], [50])), last(records([5 * 24 + 9], [50]))

    assert (monday["hour_of_day"], monday["day_of_week"], monday["is_business_hours"]) == (9, 0, 1)
    assert (saturday["day_of_week"], saturday["is_business_hours"]) == (5, 0)
    assert last(records([18], [50]))["is_business_hours"] == 0


def test_lags_changes_and_windows_of_hourly_readings():
    usage = 30 + np.arange(49) * 0.5
    found = last(records(range(49), usage))

    assert [found[f"lag_{hours}h"] for hours in (1, 2, 6, 24)] == [53.5, 53, 51, 42]
    assert [found[f"change_{hours}h"] for hours in (1, 6, 24, 48)] == [0.5, 3, 12, 24]
    assert [found[f"day_before_next_{hours}h"] for hours in (1, 3, 6, 12)] == [0.5, 1.5, 3, 6]
    assert found["rolling_mean_1h"] == 54
    assert found["rolling_mean_6h"] == pytest.approx(usage[-6:].mean())
    assert found["rolling_std_24h"] == pytest.approx(usage[-24:].std())
    assert (found["minimum_24h"], found["maximum_24h"], found["maximum_48h"]) == (42.5, 54, 54)
    assert found["slope_6h"] == pytest.approx(0.5)
    assert found["slope_24h"] == pytest.approx(0.5)


def test_lags_go_by_time_not_by_rows():
    every_quarter = last(records(np.arange(0, 3.25, 0.25), np.arange(13)))
    late = last(records([0, 1.4, 2], [10, 20, 30]))

    assert every_quarter["lag_1h"] == 8
    assert every_quarter["rolling_mean_1h"] == pytest.approx(10.5)
    assert late["lag_1h"] == 20
    assert late["lag_2h"] == 10
    assert np.isnan(last(records([0, 3], [10, 20]))["lag_1h"])


def test_the_last_drop():
    found = last(records(range(6), [50, 60, 45, 46, 45.5, 50]))

    assert (found["hours_since_drop"], found["last_drop"], found["below_last_peak"]) == (3, 15, 10)
    assert np.isnan(last(records(range(3), [50, 49, 48.5]))["last_drop"])


def test_growth_leaves_drops_out_and_tells_when_the_peak_comes_back():
    found = last(records(range(6), [50, 60, 45, 46, 47, 48]))

    assert found["growth_24h"] == pytest.approx(13 / 5)
    assert found["hours_to_last_peak"] == pytest.approx(12 / (13 / 5))
    assert np.isnan(last(records(range(3), [50, 49, 48]))["hours_to_last_peak"])


def test_a_single_reading_has_no_history():
    found = last(records([9], [71.2]))

    history = [name for name, value in found.items() if np.isnan(value)]
    assert found["current_storage_usage"] == found["maximum_48h"] == 71.2
    assert {"lag_1h", "lag_24h", "slope_6h", "change_48h", "hours_since_drop", "write_rate_mb"} <= set(
        history
    )


def test_a_given_value_wins():
    given = records(range(3), [50, 51, 52])
    given[-1] |= {"lag_1h": 20.0, "is_business_hours": 1}

    assert (last(given)["lag_1h"], last(given)["is_business_hours"]) == (20, 1)


def test_writes_are_told_against_the_day():
    found = last(records(range(3), [50, 51, 52], write_rate_mb=[2.0, None, 4.0]))

    assert found["write_ratio_24h"] == pytest.approx(4 / 3)


def test_no_later_reading_and_no_other_resource_changes_a_row():
    draw = np.random.default_rng(0)
    own = records(np.sort(draw.uniform(0, 96, 120)), draw.uniform(0, 100, 120))
    other = records(np.sort(draw.uniform(0, 96, 90)), draw.uniform(0, 100, 90), resource="vol-2")
    mixed = [*other, *own]
    draw.shuffle(mixed)

    together = {
        (record["resource_id"], record["timestamp"]): row
        for record, row in zip(mixed, code.build(columns(mixed, CAPACITY.contract)), strict=True)
    }

    for place in (0, 1, 40, 119):
        past = own[: place + 1]
        alone = code.build(columns(past[-1 - code.PAST :], CAPACITY.contract))[-1]
        np.testing.assert_allclose(together["vol-1", past[-1]["timestamp"]], alone, rtol=1e-9, atol=1e-9)


def test_chunks_do_not_show():
    count = code.CHUNK + 60
    entity = np.zeros(count, np.int64)
    time = 3600 * np.arange(count)
    usage = np.random.default_rng(1).uniform(0, 100, count)

    whole = code.build(Columns(entity, time, {"current_storage_usage": usage}))
    end = code.build(Columns(entity[-100:], time[-100:], {"current_storage_usage": usage[-100:]}))

    np.testing.assert_allclose(whole[-40:], end[-40:])


def test_beyond_two_days_nothing_is_seen():
    old = last([*records([0, 1], [90, 60]), *records([60, 61], [20, 21])])

    assert old["maximum_48h"] == 21
    assert np.isnan(old["last_drop"])


def test_rows_that_are_asked_for_are_as_among_all():
    rng = np.random.default_rng(2)
    entity, time = rng.integers(0, 5, 300), 3600 * rng.integers(0, 90, 300)
    columns = Columns(entity, time, {"current_storage_usage": rng.uniform(0, 100, 300)})
    asked = np.array([299, 7, 120])

    np.testing.assert_array_equal(code.build(columns, asked), code.build(columns)[asked])
