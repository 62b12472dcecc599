"""The files of the Numenta Anomaly Benchmark that lie in one folder, and how they are divided.

Source: github.com/numenta/NAB, MIT; cite Ahmad, Lavin, Purdy, Agha, Neurocomputing 2017.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.csv as pv
from numpy.typing import NDArray

PROBATION = 0.15
PROBATION_CAP = 5000
"""NAB leaves the first 15% of a file unscored, of at most its first 5000 rows."""


@dataclass(frozen=True)
class File:
    """One series: `times` in seconds since 1970, `values`, and its anomaly windows as first and last row."""

    name: str
    group: str
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    windows: tuple[tuple[int, int], ...]

    @cached_property
    def probation(self) -> int:
        """Rows that are not scored."""
        return int(np.ceil(min(np.floor(PROBATION * len(self.times)), PROBATION * PROBATION_CAP)))

    @property
    def development(self) -> bool:
        """Whether the file may be looked at while a detector is designed; fixed by its name."""
        return zlib.crc32(self.name.encode()) % 2 == 0


def load(folder: Path) -> list[File]:
    """The files in `folder` (`series.csv.gz`, `windows.json`), by name."""
    table = pv.read_csv(folder / "series.csv.gz")
    labels = json.loads((folder / "windows.json").read_text())
    files = []
    for name in sorted(pc.unique(table["series"]).to_pylist()):
        rows = table.filter(pc.equal(table["series"], name))
        stamps = rows["timestamp"].cast("timestamp[us]")
        times = stamps.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        windows = tuple(_rows(times, window) for window in labels[name])
        values = rows["value"].to_numpy().astype(np.float64)
        files.append(File(name, rows["group"][0].as_py(), times, values, windows))
    return files


def _rows(times: NDArray[np.float64], window: tuple[str, str]) -> tuple[int, int]:
    """First and last row of a window given by its two timestamps."""
    first, last = (np.datetime64(stamp, "us").astype(np.int64) / 1e6 for stamp in window)
    return int(np.flatnonzero(times == first)[0]), int(np.flatnonzero(times == last)[0])
