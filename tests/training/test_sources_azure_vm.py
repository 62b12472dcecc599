"""The Azure benchmarks as family loads: stress against a level of the past, no later day in any field."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from catalog.models.family_stress import FAMILY_STRESS
from sources import azure_vm

CONTRACT = FAMILY_STRESS.contract
DATA = Path(os.environ.get("OPS_ML_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
REAL = DATA / "azure_vm_noise_daily"
START = pd.Timestamp("2023-06-01")


def days(count=30, throttled=(), **more):
    """A benchmark at speed 100 each day, 60 on the throttled ones, on machines that live long."""
    speed = np.where(np.isin(np.arange(count), throttled), 60.0, 100.0)
    told = {
        "test_suite": "Sysbench", "test_name": "Test:_CPU", "unit": "Events Per Second",
        "vm_lifespan": "long", "vm_region": "eastus", "vm_sku": "B8ms",
        "day": [START + pd.Timedelta(days=n) for n in range(count)],
        "count": 10, "mean": speed, "std": 1.0, "min": speed - 10, "max": speed + 5, "median": speed,
    }  # fmt: skip
    return pd.DataFrame({**told, **more})


def load(folder, *frames):
    pd.concat(frames).to_parquet(folder / "daily.parquet")
    found = pa.concat_tables(azure_vm.chunks(folder)).to_pandas()
    return found.set_index(found["timestamp"].dt.tz_convert(None))


def at(day):
    """The stamp of the record of day `day`: its end."""
    return START + pd.Timedelta(days=day + 1)


def test_stress_is_the_next_days_shortfall_of_the_unthrottled_level(tmp_path):
    found = load(tmp_path, days(throttled=(20, 21)))
    stress = found["stress_score"]
    assert [stress[at(day)] for day in (18, 19, 20, 21)] == pytest.approx([0, 40, 40, 0])
    assert np.isnan(stress[at(29)]), "nobody knows the day after the last"
    assert found["slowdown_24h"][at(20)] == pytest.approx(40)
    assert found["slowdown_peak_24h"][at(20)] == pytest.approx(50)
    assert found["slowdown_7d"][at(21)] == pytest.approx(80 / 7)
    assert found["slowdown_last_week"][at(26)] == pytest.approx(40), "day 27 less a week is day 20"


def test_times_are_speeds_the_other_way_round(tmp_path):
    took = np.where(np.arange(30) == 20, 0.02, 0.01)
    found = load(tmp_path, days(unit="ms", mean=took, median=took, min=took / 2, max=took * 2))
    assert found["stress_score"][at(19)] == pytest.approx(50)
    assert found["slowdown_peak_24h"][at(18)] == pytest.approx(50)


def test_records_begin_when_a_level_is_known_and_tell_family_and_region(tmp_path):
    found = load(tmp_path, days())
    assert found.index.min() == at(azure_vm.LEAST_DAYS - 1)
    assert set(found["instance_family"]) == {"azure-bms"}
    assert set(found["region"]) == {"us-east-1"}
    assert set(found["pool_id"]) == {"eastus-B8ms-long/Sysbench-Test-CPU"}


def test_no_field_knows_a_later_day(tmp_path):
    whole, later = days(), days()
    changed = later["day"] > START + pd.Timedelta(days=20)
    later.loc[changed, ["mean", "median", "min", "max"]] *= 7
    first, second = load(tmp_path, whole), load(tmp_path, later)
    known = [name for name in first.columns if name != "stress_score"]
    until = first.index <= at(20)
    pd.testing.assert_frame_equal(first.loc[until, known], second.loc[until, known])
    pd.testing.assert_frame_equal(first.loc[until][:-1], second.loc[until][:-1])


def test_the_level_is_of_the_better_of_both_lives_and_of_the_own_region(tmp_path):
    short = days(vm_lifespan="short", mean=120.0, median=120.0)
    west = days(vm_region="westus2", mean=500.0, median=500.0)
    found = load(tmp_path, days(), short, west)
    long = found[found["pool_id"].str.startswith("eastus-B8ms-long")]
    assert long["slowdown_24h"][at(20)] == pytest.approx(100 * (1 - 100 / 120))
    assert long["family_slowdown_24h"][at(20)] == pytest.approx(50 * (1 - 100 / 120))


def test_a_missing_day_leaves_the_label_unknown(tmp_path):
    found = load(tmp_path, days().drop(index=20))
    assert np.isnan(found["stress_score"][at(19)])
    assert at(20) not in found.index


@pytest.mark.parametrize(
    "left", ["Mode:_Read_Only_-_Average_Latency", "Test:_LPOP_-_Parallel_Connections:_50"]
)
def test_what_tells_a_run_twice_or_nothing_is_left_out(tmp_path, left):
    assert set(load(tmp_path, days(), days(test_name=left))["pool_id"]) == {
        "eastus-B8ms-long/Sysbench-Test-CPU"
    }


def test_another_file_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"give the folder that holds daily\.parquet"):
        next(azure_vm.chunks(tmp_path))
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "daily.parquet")
    with pytest.raises(ValueError, match="is not the daily set, which has test_suite"):
        next(azure_vm.chunks(tmp_path))


@pytest.mark.skipif(
    not REAL.is_dir(), reason=f"{REAL} is absent; point OPS_ML_DATA at the folder of data sets"
)
def test_the_real_set_satisfies_the_schema():
    table = pa.concat_tables(azure_vm.chunks(REAL))
    assert len(table) > 80_000
    for row in table.take(pa.array(range(0, len(table), 997))).to_pylist():
        given = {name: value for name, value in row.items() if value is not None}
        sent = {**given, "timestamp": row["timestamp"].isoformat()}
        assert CONTRACT.record.check(sent, [CONTRACT.target]) == []
