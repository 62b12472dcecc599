"""The Azure VM Noise fio set as insight records.

Each VM runs the same 16 fio tests again and again. A volume is one test series of one VM. A record is stamped
with the start of a run and says what was known then; its labels are the outcome of that very run:

- `performance_score`: 100 x IOPS / fleet median of that test on that VM size, capped at 100;
- `risk_level`: critical below 50 points, high below 75, medium below 90, else low.

Measurements summarise the series' last `WINDOW` runs. What the tests of one machine share (disk, burst
credits, CPU) is measured over all its runs: hours since the last alert (a run that was not low), spikes,
anomaly, trend, and load (mean IOPS since the previous run began, over the IOPS while it ran). Runs of one
machine are taken to follow each other, so that a run's outcome is known when the next one starts.

Mean latency follows from Little's law, as fio keeps its queue full: the published latency ("msec", in truth
microseconds) agrees to 0.05% for direct I/O and is meaningless for buffered I/O. Rows with a latency only are
left out, because they may tell a run that another row tells already. Errors and all else that the set does
not have stay missing.

Source: github.com/Azure/AzurePublicDataset, CC-BY 4.0; Freischuetz et al., TUNA, EuroSys 2025.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features import iops_insight as insight

Array = NDArray[np.float64]
TEST = ["pattern", "op", "engine", "buffered", "bs_kb", "disk"]
MACHINE = ["vm_lifespan", "vm_region", "vm_sku", "VM_id"]
COLUMNS = [*MACHINE, *TEST, "starttime", "IOPS"]

WINDOW = 24
"""Runs of a series that a record summarises: about two days."""
RUN_SECONDS = 60
"""Nominal length of a run; the set does not tell."""
DIRECT_DEPTH = 64
"""fio's iodepth in the direct tests; synchronous tests have one operation outstanding."""
RISK = pa.array(("low", "medium", "high", "critical"))
LIMITS = (90.0, 75.0, 50.0)
"""Scores below which a run is medium, high, critical."""
KIB = 1024 / 1e6
"""Megabytes in a KiB."""
ROWS = 1 << 17


def chunks(data: Path, limit: int | None = None, seed: int = 0) -> Iterator[pa.Table]:
    """The set in `data` (a folder or the parquet file) in time order, in tables of `ROWS` records.

    `limit` takes whole volumes, drawn with `seed`, until it is reached; their features are those of
    the whole set. ValueError where `data` is not the set.
    """
    runs = _runs(data)
    series, machine = _Group.of(runs, [*MACHINE, *TEST]), _Group.of(runs, MACHINE)
    score = np.minimum(100 * _over_fleet(runs), 100.0)
    features = {**_of_series(runs, series), **_of_machine(runs, machine, score)}
    kept = np.arange(len(runs)) if limit is None else _whole(series.code, limit, seed)
    names = _names(runs)
    for start in range(0, len(kept), ROWS):
        rows = kept[start : start + ROWS]
        yield pa.table(
            {
                "volume_id": names.take(pa.array(series.code[rows])),
                "timestamp": pa.array(runs["time"].to_numpy()[rows]).cast(pa.timestamp("s", tz="UTC")),
                **{name: pa.array(values[rows], from_pandas=True) for name, values in features.items()},
                "risk_level": RISK.take(pa.array(np.digitize(score[rows], LIMITS))),
                "performance_score": pa.array(score[rows]),
            }
        )


def _runs(data: Path) -> pd.DataFrame:
    """The runs with a measured IOPS, by time."""
    path = data / "fio.parquet" if data.is_dir() else data
    if not path.is_file():
        raise ValueError(f"{path} is missing; give the folder that holds fio.parquet")
    try:
        runs = pd.read_parquet(path, columns=COLUMNS)
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(f"{path} is not the fio set, which has {', '.join(COLUMNS)}: {error}") from None
    runs = runs[runs["IOPS"].notna()].astype({"IOPS": np.float64})
    runs["time"] = runs["starttime"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return runs.sort_values(["time", *MACHINE, *TEST], kind="stable", ignore_index=True)


def _over_fleet(runs: pd.DataFrame) -> Array:
    """Each run's IOPS over the median of its test on its VM size."""
    median = runs.groupby([*TEST, "vm_sku"], observed=True)["IOPS"].transform("median")
    return (runs["IOPS"] / median).to_numpy()


@dataclass(frozen=True)
class _Group:
    """Rows by group and time: `code` per row, the sorting `order`, `age` = rows of the group before."""

    code: NDArray[np.int64]
    order: NDArray[np.int64]
    age: NDArray[np.int64]

    @classmethod
    def of(cls, runs: pd.DataFrame, keys: list[str]) -> _Group:
        groups = runs.groupby(keys, observed=True, sort=True)
        code = groups.ngroup().to_numpy().astype(np.int64)
        age = groups.cumcount().to_numpy().astype(np.int64)
        return cls(code, np.argsort(code, kind="stable"), age)

    def before(self, values: Array, lag: int = 1) -> Array:
        """The group's value `lag` rows earlier, NaN where it has none."""
        ordered, shifted = values[self.order], np.full(len(values), np.nan)
        shifted[self.order[lag:]] = ordered[:-lag]
        return np.where(self.age >= lag, shifted, np.nan)


def _of_series(runs: pd.DataFrame, series: _Group) -> dict[str, Array]:
    """What the series' last runs measured."""
    iops = runs["IOPS"].to_numpy()
    past = np.stack([series.before(iops, lag) for lag in range(1, WINDOW + 1)], axis=1)
    count = np.minimum(series.age, WINDOW)
    known = np.maximum(count, 1)
    filled = np.where(np.isnan(past), 0, past)
    mean = np.where(count > 0, filled.sum(axis=1) / known, np.nan)
    spread = np.where(np.isnan(past), 0, past - mean[:, None])
    variance = np.where(count > 1, (spread**2).sum(axis=1) / known, np.nan)
    depth = np.where(runs["engine"] == "Linux_AIO", DIRECT_DEPTH, 1.0)
    slowest = np.sort(past, axis=1)
    row, reads = np.arange(len(runs)), (runs["op"] == "Read").to_numpy()
    size = runs["bs_kb"].to_numpy().astype(np.float64)
    return {
        "read_iops": np.where(reads, mean, 0 * mean),
        "write_iops": np.where(reads, 0 * mean, mean),
        "iops_variance": variance,
        "avg_latency": 1000 * depth / mean,
        "p95_latency": 1000 * depth / slowest[row, count // 20],
        "p99_latency": 1000 * depth / slowest[:, 0],
        "bandwidth_mbps": mean * size * KIB,
        "throughput_variance": variance * (size * KIB) ** 2,
        "sequential_access_ratio": (runs["pattern"] == "Sequential").to_numpy().astype(np.float64),
        "queue_depth": depth,
        "io_size_avg": size,
        "io_size_variance": np.zeros(len(runs)),
    }


def _of_machine(runs: pd.DataFrame, machine: _Group, score: Array) -> dict[str, Array]:
    """What all runs of the machine together tell: its latencies are relative to the fleet's."""
    time = runs["time"].to_numpy()
    relative = 1 / _over_fleet(runs)
    seen = insight.build(
        insight.Columns(machine.code, time, {"avg_latency": relative, "p99_latency": relative})
    )
    spikes = insight.build(
        insight.Columns(machine.code, time, {"avg_latency": np.ones(len(time)), "p99_latency": relative})
    )
    alert = np.where(score < LIMITS[0], time, np.nan)
    last = np.asarray(pd.Series(alert).groupby(machine.code).ffill(), np.float64)
    names = insight.NAMES
    return {
        "latency_spike_count": machine.before(spikes[:, names.index("latency_spike_count")]),
        "anomaly_score": machine.before(seen[:, names.index("anomaly_score")]),
        "trend_score": machine.before(seen[:, names.index("trend_score")]),
        "time_since_last_alert": (time - machine.before(last)) / 3600,
        "load_factor": np.minimum(RUN_SECONDS / np.maximum(time - machine.before(time * 1.0), 1), 1),
    }


def _whole(code: NDArray[np.int64], limit: int, seed: int) -> NDArray[np.int64]:
    """Rows of whole volumes in drawn order until `limit` is reached."""
    size = np.bincount(code)
    drawn = np.random.default_rng(seed).permutation(len(size))
    chosen = np.zeros(len(size), bool)
    chosen[drawn[: np.searchsorted(np.cumsum(size[drawn]), limit) + 1]] = True
    return np.flatnonzero(chosen[code])


def _names(runs: pd.DataFrame) -> pa.Array:
    """A readable id per series, in the order of the series' codes."""
    first: Any = runs.drop_duplicates([*MACHINE, *TEST]).sort_values([*MACHINE, *TEST])
    return pa.array(
        f"{r.vm_region}-{r.vm_sku}-{r.vm_lifespan}-{r.VM_id}/{r.disk}-{r.pattern}-{r.op}-{r.bs_kb}k-{r.engine}"
        for r in first.itertuples()
    )
