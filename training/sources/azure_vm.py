"""The Azure VM Noise benchmarks of CPU, memory, system, PostgreSQL and Redis as family loads.

The set has each benchmark's day on two sizes in two regions, by machines that live long and machines that
live for minutes. A pool is one benchmark on the machines of one size, region and life. A record is stamped
with the end of a day and says what was known then; its label is the next day's stress.

- Speed is what the benchmark counts, or one over the time it took.
- The unthrottled level of a benchmark, size and region on a day is the 90th percentile of the daily medians
  of the last `LEVEL_DAYS` up to and with that day, the better of both lives each day; it takes `LEAST_DAYS`.
- Slowdown is how far a speed falls short of the level known when the record was made; stress is that of the
  next day's mean speed, at least 0. Neither level nor slowdown knows a later day.

Left out: latencies of runs whose throughput is told as well, and Redis LPOP, which has two speeds a factor of
four apart on idle machines of both sizes (a list that has run empty answers faster).

Regions are told as the AWS region in or next to the same place. The machines run nothing but the benchmarks,
so nobody measured their load: usage, credits and trend stay missing.

Source: github.com/Azure/AzurePublicDataset, CC-BY 4.0; Freischuetz et al., TUNA, EuroSys 2025.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Array = NDArray[np.float64]
TEST = ["test_suite", "test_name", "unit"]
FAMILY = ["vm_sku", "vm_region"]
SERIES = [*TEST, *FAMILY, "vm_lifespan"]
COLUMNS = [*SERIES, "day", "mean", "median", "min", "max"]

FAMILIES = {"B8ms": "azure-bms", "D8s_v5": "azure-dsv5"}
REGIONS = {"eastus": "us-east-1", "westus2": "us-west-2"}
"""Virginia is Virginia; Azure's region in Washington lies next to AWS's in Oregon."""
TIMES = ("ns", "us Per Event", "Ns Per Event", "ms")
"""Units of which less is better."""
LEFT_OUT = "Average_Latency|LPOP"
LEVEL_DAYS, LEVEL, LEAST_DAYS = 60, 0.9, 7
ROWS = 1 << 16


def chunks(data: Path) -> Iterator[pa.Table]:
    """The set in `data` (a folder or the parquet file) in time order, in tables of `ROWS` records.

    ValueError where `data` is not the set.
    """
    days = _days(data)
    slow = _slowdowns(days)
    kept = np.flatnonzero(np.isfinite(days["level"]))
    kept = kept[np.argsort(days["day"].to_numpy()[kept], kind="stable")]
    names = _names(days)
    ends = (days["day"] + pd.Timedelta("1D")).to_numpy().astype("datetime64[ms]")
    for start in range(0, len(kept), ROWS):
        rows = kept[start : start + ROWS]
        yield pa.table(
            {
                "pool_id": names.take(pa.array(days["pool"].to_numpy()[rows])),
                "timestamp": pa.array(ends[rows]).cast(pa.timestamp("ms", tz="UTC")),
                "instance_family": pa.array(days["vm_sku"].map(FAMILIES).to_numpy()[rows]),
                "region": pa.array(days["vm_region"].map(REGIONS).to_numpy()[rows]),
                **{name: pa.array(values[rows], from_pandas=True) for name, values in slow.items()},
            }
        )


def _days(data: Path) -> pd.DataFrame:
    """Each pool's days in order, with speeds and the level known at the day's end."""
    path = data / "daily.parquet" if data.is_dir() else data
    if not path.is_file():
        raise ValueError(f"{path} is missing; give the folder that holds daily.parquet")
    try:
        days = pd.read_parquet(path, columns=COLUMNS)
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(f"{path} is not the daily set, which has {', '.join(COLUMNS)}: {error}") from None
    days = days[~days["test_name"].astype(str).str.contains(LEFT_OUT)]
    days = days.astype(dict.fromkeys(SERIES, str)).astype(dict.fromkeys(COLUMNS[-4:], np.float64))
    days["day"] = days["day"].astype("datetime64[s]")
    timed = days["unit"].isin(TIMES)
    for name, measured, of_time in (
        ("speed", "mean", "mean"),
        ("middle", "median", "median"),
        ("slowest", "min", "max"),
    ):
        days[name] = np.where(timed, 1 / days[of_time], days[measured])
    days = days.merge(_levels(days), on=[*TEST, *FAMILY, "day"])
    days = days.sort_values([*SERIES, "day"], kind="stable", ignore_index=True)
    days["pool"] = days.groupby(SERIES, sort=True).ngroup()
    return days


def _levels(days: pd.DataFrame) -> pd.DataFrame:
    """The unthrottled level of each benchmark, size and region at the end of each day."""
    best = days.groupby([*TEST, *FAMILY, "day"], as_index=False)["middle"].max()
    rolling = best.set_index("day").groupby([*TEST, *FAMILY], sort=False)["middle"]
    level = rolling.rolling(f"{LEVEL_DAYS}D", min_periods=LEAST_DAYS).quantile(LEVEL)
    levels: pd.DataFrame = best.drop(columns="middle").assign(level=level.to_numpy())
    return levels


def _slowdowns(days: pd.DataFrame) -> dict[str, Array]:
    """What is known at the end of each day, and the stress of the next, both percent of the day's level."""
    speed = _Days.of(days, "speed")
    now = _short(speed.values, days)
    family = pd.Series(now).groupby([days[name] for name in (*FAMILY, "day")]).transform("mean")
    return {
        "slowdown_24h": now,
        "slowdown_peak_24h": _short(days["slowest"].to_numpy(), days),
        "slowdown_7d": _short(speed.week(), days),
        "slowdown_last_week": _short(speed.away(-6), days),
        "family_slowdown_24h": family.to_numpy(),
        "stress_score": np.maximum(_short(speed.away(1), days), 0.0),
    }


class _Days:
    """One value a day of each pool, found by pool and day."""

    def __init__(self, pool: NDArray[np.int64], day: NDArray[np.int64], values: Array) -> None:
        self.pool, self.day, self.values = pool, day, values
        self._table = np.full((pool.max() + 1, day.max() + 1 + 7), np.nan)
        self._table[pool, day] = values

    @classmethod
    def of(cls, days: pd.DataFrame, name: str) -> _Days:
        day = ((days["day"] - days["day"].min()) // pd.Timedelta("1D")).to_numpy().astype(np.int64)
        return cls(days["pool"].to_numpy().astype(np.int64), day + 7, days[name].to_numpy())

    def away(self, count: int) -> Array:
        """The pool's value `count` days later, NaN where it has none."""
        there = self.day + count
        inside = there < self._table.shape[1]
        found: Array = np.where(inside, self._table[self.pool, np.where(inside, there, 0)], np.nan)
        return found

    def week(self) -> Array:
        """The mean of the seven days up to this one, of those that there are."""
        seven = np.stack([self.away(-back) for back in range(7)])
        mean: Array = np.nanmean(seven, axis=0)
        return mean


def _short(speed: Array, days: pd.DataFrame) -> Array:
    short: Array = np.clip(100 * (1 - speed / days["level"].to_numpy()), -100, 100)
    return short


def _names(days: pd.DataFrame) -> pa.Array:
    """A readable id per pool, in the order of the pools' numbers."""
    first = days[[*SERIES, "pool"]].drop_duplicates().sort_values("pool")
    tests = (first["test_suite"] + "-" + first["test_name"]).str.replace(r"[^A-Za-z0-9]+", "-", regex=True)
    return pa.array(
        first["vm_region"] + "-" + first["vm_sku"] + "-" + first["vm_lifespan"] + "/" + tests.str.strip("-")
    )
