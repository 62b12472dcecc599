"""The Azure VM Noise fio set as insight records.

Each VM runs the same 16 fio tests again and again. A volume is one test series of one VM. A record is stamped
with the start of a run and says what was known then; its labels are the outcome of that very run:

- `performance_score`: 100 x IOPS / fleet median of that test on that VM size, capped at 100;
- `risk_level`: critical below 50 points, high below 75, medium below 90, else low.

IOPS, latency and their spread summarise the series' last `WINDOW` runs. What the tests of one machine
share (disk, burst credits, CPU) is measured over all its runs: bandwidth and load of the last run, variances
of bandwidth and I/O size over the last `LATEST`, latency of the last run against the fleet's, its trend,
spikes, and hours since the last alert (a run that was not low). Runs of one machine are taken to follow each
other, so that a run's outcome is known when the next one starts.

Mean latency follows from Little's law, as fio keeps its queue full: the published latency ("msec", in truth
microseconds) agrees to 0.05% for direct I/O and is meaningless for buffered I/O. Rows with a latency only are
left out, because they may tell a run that another row tells already. Errors and all else that the set does
not have stay missing.

Source: github.com/Azure/AzurePublicDataset, CC-BY 4.0; Freischuetz et al., TUNA, EuroSys 2025.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features import iops_insight as insight
from features.columns import Columns
from sources.past import Group, Summary

Array = NDArray[np.float64]
TEST = ["pattern", "op", "engine", "buffered", "bs_kb", "disk"]
MACHINE = ["vm_lifespan", "vm_region", "vm_sku", "VM_id"]
COLUMNS = [*MACHINE, *TEST, "starttime", "IOPS"]

WINDOW = 48
"""Runs of a series that a record summarises: about four days."""
LATEST = 6
"""Runs of a machine that its variances summarise: a few hours."""
RUN_SECONDS = 15
"""Nominal length of a run, which the set does not tell: hardly any starts sooner after the one before."""
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
    series, machine = Group.of(runs, [*MACHINE, *TEST]), Group.of(runs, MACHINE)
    over_fleet = _over_fleet(runs)
    score = np.minimum(100 * over_fleet, 100.0)
    features = {**_of_series(runs, series), **_of_machine(runs, machine, over_fleet)}
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


def _of_series(runs: pd.DataFrame, series: Group) -> dict[str, Array]:
    """What is run, and what the series' last runs measured."""
    iops = Summary.of(series, runs["IOPS"].to_numpy(), WINDOW)
    depth = np.where(runs["engine"] == "Linux_AIO", DIRECT_DEPTH, 1.0)
    reads = (runs["op"] == "Read").to_numpy()
    size = _size(runs)
    return {
        "read_iops": np.where(reads, iops.mean, 0.0),
        "write_iops": np.where(reads, 0.0, iops.mean),
        "iops_variance": iops.variance,
        "avg_latency": 1000 * depth / iops.mean,
        "p95_latency": 1000 * depth / iops.low,
        "p99_latency": 1000 * depth / iops.lowest,
        "sequential_access_ratio": (runs["pattern"] == "Sequential").to_numpy().astype(np.float64),
        "queue_depth": depth,
        "io_size_avg": size,
        "efficiency_ratio": size * KIB,
    }


def _of_machine(runs: pd.DataFrame, machine: Group, over_fleet: Array) -> dict[str, Array]:
    """What the machine's last runs, whatever their test, tell about its state."""
    time, size = runs["time"].to_numpy(), _size(runs)
    bandwidth = runs["IOPS"].to_numpy() * size * KIB
    excess = -np.log(over_fleet)
    alert = np.where(100 * over_fleet < LIMITS[0], time, np.nan)
    last = np.asarray(pd.Series(alert).groupby(machine.code).ffill(), np.float64)
    seen = _history(machine.code, time, over_fleet)
    return {
        "latency_spike_count": machine.before(seen["latency_spike_count"]),
        "bandwidth_mbps": machine.before(bandwidth),
        "throughput_variance": Summary.of(machine, bandwidth, LATEST).variance,
        "time_since_last_alert": (time - machine.before(last)) / 3600,
        "io_size_variance": Summary.of(machine, size, LATEST).variance,
        "anomaly_score": machine.before(excess) / insight.LEAST_DEVIATION,
        "trend_score": machine.before(seen["trend_score"]),
        "load_factor": np.minimum(RUN_SECONDS / np.maximum(time - machine.before(time * 1.0), 1), 1),
    }


def _history(code: NDArray[np.int64], time: NDArray[np.int64], over_fleet: Array) -> dict[str, Array]:
    """Trend of the machine's latency relative to the fleet's, and how often it was twice the fleet's."""
    relative = 1 / over_fleet
    spikes = {"avg_latency": np.ones(len(time)), "p99_latency": relative}
    given = {"latency_spike_count": spikes, "trend_score": {"avg_latency": relative}}
    return {
        name: insight.build(Columns(code, time, values))[:, insight.NAMES.index(name)]
        for name, values in given.items()
    }


def _size(runs: pd.DataFrame) -> Array:
    size: Array = runs["bs_kb"].to_numpy().astype(np.float64)
    return size


def _whole(code: NDArray[np.int64], limit: int, seed: int) -> NDArray[np.int64]:
    """Rows of whole volumes in drawn order until `limit` is reached."""
    size = np.bincount(code)
    drawn = np.random.default_rng(seed).permutation(len(size))
    chosen = np.zeros(len(size), bool)
    chosen[drawn[: np.searchsorted(np.cumsum(size[drawn]), limit) + 1]] = True
    return np.flatnonzero(chosen[code])


def _names(runs: pd.DataFrame) -> pa.Array:
    """A readable id per series, in the order of the series' codes."""
    first: Any = runs[[*MACHINE, *TEST]].drop_duplicates().sort_values([*MACHINE, *TEST])
    return pa.array(
        f"{r.vm_region}-{r.vm_sku}-{r.vm_lifespan}-{r.VM_id}/{r.disk}-{r.pattern}-{r.op}-{r.bs_kb}k-{r.engine}"
        for r in first.itertuples(index=False)
    )
