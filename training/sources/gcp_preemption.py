"""Lifetimes of Google's preemptible machines as records of the spot market: interrupted within six hours?

1,442 machines of February to April 2019, started by one group of researchers; Google ends each after 24
hours. The set tells the type, the zone, the time and how long the machine lived: no prices, no counts, no
scores.

Source: github.com/kadupitiya/goog-preemption-data, Apache-2.0; Kadupitiya, Jadhao, Sharma, HPDC 2020.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

HOURS = 6.0
"""The record's horizon. By the number of processors alone, this is also the definition that gives the AUC
published for it."""
FILE = "lifetimes.csv.gz"


@dataclass(frozen=True)
class Machine:
    name: str
    zone: str
    kind: str
    started_ms: int
    hours: float

    @property
    def processors(self) -> int:
        return int(self.kind.rpartition("-")[2])


def machines(data: Path) -> list[Machine]:
    """By their start. ValueError where the folder does not hold the set."""
    path = data / FILE
    if not path.is_file():
        raise ValueError(f"{path} is missing; give the folder that holds {FILE}")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        found = [_machine(row) for row in csv.DictReader(file)]
    return sorted(found, key=lambda each: (each.started_ms, each.name))


def chunks(data: Path) -> Iterator[pa.Table]:
    """The set in the folder `data`, one table."""
    found = machines(data)
    yield pa.table(
        {
            "pool_id": [f"{each.zone}/{each.kind}" for each in found],
            "timestamp": pa.array([each.started_ms for each in found], pa.timestamp("ms", "UTC")),
            "zone": [each.zone for each in found],
            "instance_type": [each.kind for each in found],
            "pool_state": ["interrupted" if each.hours < HOURS else "stable" for each in found],
        }
    )


def _machine(row: dict[str, str]) -> Machine:
    started = round(datetime.fromisoformat(row["start"]).timestamp() * 1000)
    return Machine(row["name"], row["zone"], row["type"], started, float(row["life_h"]))
