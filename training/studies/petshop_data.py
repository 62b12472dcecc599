"""PetShop: five-minute metrics of a microservice application around injected faults.

Source: github.com/amazon-science/petshop-root-cause-analysis, data CC-BY 4.0; cite Hardt et al. 2024,
arXiv 2311.04806. Every issue's file holds five points: two before the onset, three after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq
from numpy.typing import NDArray

Array = NDArray[np.float64]
BEFORE_S, AFTER_S = 900, 600
"""Points this long before the onset are healthy, points this long after it failing, others not judged."""


@dataclass(frozen=True)
class Issue:
    """One fault: `times` (points,) in seconds from its onset, `series` by name, each (points,)."""

    name: str
    target: str
    times: Array
    series: dict[str, Array]

    @cached_property
    def label(self) -> NDArray[np.int64]:
        """0 healthy, 1 failing, -1 not judged."""
        healthy = (self.times >= -BEFORE_S) & (self.times < 0)
        failing = (self.times >= 0) & (self.times <= AFTER_S)
        return np.where(healthy, 0, np.where(failing, 1, -1))


@dataclass(frozen=True)
class Traffic:
    """The issues of one traffic scenario by split, and two days without issue (months later)."""

    issues: dict[str, list[Issue]]
    normal: dict[str, Array]


def load(folder: Path, scenario: str) -> Traffic:
    """Series are named `service metric/statistic`; NaN where a point lacks the value."""
    table = pq.read_table(folder / "metrics.parquet", filters=[("scenario", "==", scenario)])
    issues: dict[str, list[Issue]] = {}
    for row in pv.read_csv(folder / "issues.csv").to_pylist():
        if row["scenario"] != scenario:
            continue
        chosen = _of(table, row["split"], row["issue"])
        times, series = _series(chosen)
        target = f"{row['target_node']} {row['target_metric']}/{row['target_agg']}"
        issue = Issue(f"{row['split']} {row['issue']}", target, times - row["ts"], series)
        issues.setdefault(row["split"], []).append(issue)
    return Traffic(issues, _series(_of(table, "noissue", "none"))[1])


def _of(table: pa.Table, split: str, issue: str) -> pa.Table:
    return table.filter(pc.and_(pc.equal(table["split"], split), pc.equal(table["issue"], issue)))


def _series(table: pa.Table) -> tuple[Array, dict[str, Array]]:
    times, place = np.unique(table["ts"].to_numpy(), return_inverse=True)
    service, metric, stat = (np.array(table[name].to_pylist()) for name in ("service", "metric", "stat"))
    names, owner = np.unique(
        [f"{a} {b}/{c}" for a, b, c in zip(service, metric, stat, strict=True)], return_inverse=True
    )
    values = np.full((len(names), len(times)), np.nan)
    values[owner, place] = table["value"].to_numpy()
    return times, dict(zip(names.tolist(), values, strict=True))
