"""Lambda cold starts of functions that do nothing, by configuration, two days a week for two years.

Source: github.com/maxday/lambda-perf, Apache-2.0. A row tells of ten cold starts of a configuration on a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from columns import numbers

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Days = NDArray[np.datetime64]
FILE = "cold_starts.parquet"
SOURCE = {
    "source": "github.com/maxday/lambda-perf, data/*.json",
    "commit": "6070b794",
    "licence": "Apache-2.0",
    "citation": "M. David, lambda-perf: a daily benchmark of cold starts of AWS Lambda's runtimes",
}


class Configuration(NamedTuple):
    runtime: str
    arch: str
    memory_mb: int
    package: str


@dataclass(frozen=True)
class Starts:
    """Rows of days, each (n,): the place of the configuration, the day, and mean, median and longest of its
    ten cold starts in ms. `since` is the day that each configuration's runtime first appears, whatever
    rows are taken: that is public knowledge."""

    configurations: tuple[Configuration, ...]
    since: Days
    place: Codes
    day: Days
    mean_ms: Array
    median_ms: Array
    longest_ms: Array

    def take(self, chosen: NDArray[Any]) -> Starts:
        columns = (self.place, self.day, self.mean_ms, self.median_ms, self.longest_ms)
        return Starts(self.configurations, self.since, *(each[chosen] for each in columns))

    def of(self, name: str) -> NDArray[np.str_]:
        """What each row's configuration has as `name`, as text (n,)."""
        return np.array([str(getattr(each, name)) for each in self.configurations])[self.place]

    def __len__(self) -> int:
        return len(self.place)


def load(folder: Path) -> Starts:
    """ValueError where the folder does not hold the set."""
    if not (folder / FILE).is_file():
        raise ValueError(f"{folder / FILE} is missing; give the folder that holds it")
    table = pq.read_table(folder / FILE)
    texts = (table[name].to_pylist() for name in ("runtime", "arch", "mem", "pkg"))
    rows = [Configuration(name, arch, int(mem), pkg) for name, arch, mem, pkg in zip(*texts, strict=True)]
    times = (numbers(table[name]).astype(np.float64) for name in ("avg_cold", "cold_p50", "cold_max"))
    return gathered(rows, np.array(table["day"].to_pylist(), "datetime64[D]"), *times)


def gathered(rows: Sequence[Configuration], day: Days, mean: Array, median: Array, longest: Array) -> Starts:
    known = tuple(sorted(set(rows)))
    places = {each: place for place, each in enumerate(known)}
    since: dict[str, np.datetime64] = {}
    for each, seen in zip(rows, day, strict=True):
        since[each.runtime] = min(since.get(each.runtime, seen), seen)
    begins = np.array([since[each.runtime] for each in known], "datetime64[D]")
    return Starts(
        known, begins, np.array([places[each] for each in rows], np.int64), day, mean, median, longest
    )
