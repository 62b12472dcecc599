"""AWS's spot advisor at one day: how often each instance type was interrupted in each region, in five bands.

Source: github.com/alexei-led/spotinfo, Apache-2.0; the figures are AWS's public feed of June 2025.
"""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract, Feature, Key, RecordSchema, Target, name_number
from encoding import Matrix

Codes = NDArray[np.int64]
FILE = "spot_advisor.csv.gz"
BANDS = ("below_5", "5_to_10", "10_to_15", "15_to_20", "above_20")
"""Percent of instances that were interrupted within a month."""
NAMES = ("region", "country", "series", "generation", "family", "maker", "size", "instance_type")
NUMBERS = (
    "savings", "vcpu", "memory_gb", "log_memory_per_vcpu", "generation_number", "metal", "log_size",
    "disk", "network", "block", "extra", "fast", "flex",
)  # fmt: skip
FLAGS = {"disk": "d", "network": "n", "block": "b", "extra": "e", "fast": "z"}
"""Letters behind the generation and what they stand for."""
SMALL = {"nano": -4.0, "micro": -3.0, "small": -2.0, "medium": -1.0, "large": 0.0, "xlarge": 1.0}
METAL = 7.0
"""As if a bare `metal` were of 64 times a large: most are the largest of their family."""


@dataclass(frozen=True)
class Offer:
    """One type in one region: what its name and the feed say of it, and its band."""

    region: str
    instance_type: str
    savings: float
    vcpu: float
    memory_gb: float
    band: int

    @property
    def family(self) -> str:
        return self.instance_type.partition(".")[0]

    @property
    def size(self) -> str:
        return self.instance_type.partition(".")[2]

    @property
    def parts(self) -> tuple[str, float, str]:
        """Series, generation and the letters behind it."""
        found = re.match(r"([a-z]+(?:-[0-9]+tb)?)([0-9]*)(.*)", self.family)
        series, number, letters = found.groups() if found else (self.family, "", "")
        return series, float(number or 0), letters

    @property
    def maker(self) -> str:
        """Of the processor: Amazon, AMD, or whoever makes the others."""
        letters = self.parts[2]
        return "g" if "g" in letters else "a" if "a" in letters else "i"

    @property
    def log_size(self) -> float:
        """Doublings above a large."""
        times = re.match(r"(?:metal-)?([0-9]+)xl", self.size)
        return float(np.log2(float(times.group(1)))) + 1 if times else SMALL.get(self.size, METAL)

    def names(self) -> list[str]:
        series, number, _ = self.parts
        country = self.region.partition("-")[0]
        generation = f"{series}{number:g}"
        return [
            self.region,
            country,
            series,
            generation,
            self.family,
            self.maker,
            self.size,
            self.instance_type,
        ]

    def numbers(self) -> list[float]:
        _, number, letters = self.parts
        per = float(np.log2(self.memory_gb / self.vcpu))
        flags = [float(letter in letters.replace("flex", "")) for letter in FLAGS.values()]
        metal, flex = float("metal" in self.size), float("flex" in letters)
        return [self.savings, self.vcpu, self.memory_gb, per, number, metal, self.log_size, *flags, flex]


def load(data: Path, system: str = "Linux") -> list[Offer]:
    """Those of one operating system. ValueError where the folder does not hold the set."""
    path = data / FILE
    if not path.is_file():
        raise ValueError(f"{path} is missing; give the folder that holds {FILE}")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [_offer(row) for row in csv.DictReader(file) if row["os"] == system]


def inputs(offers: list[Offer]) -> Matrix:
    """The columns that the learner reads beside what neighbours say (offers, columns)."""
    rows = [[*map(name_number, each.names()), *each.numbers()] for each in offers]
    return np.array(rows, np.float32)


def contract(neighbours: int) -> Contract:
    """With so many columns of what neighbours say."""
    key = Key(name="offer", kind="text", description="Type and region", example="m5.large")
    seen = Key(name="seen_at", kind="timestamp", description="When", example="2025-06-28T00:00:00+00:00")
    named = [
        Feature(name=name, unit="name", names=".+", missing="refuse", description=name, example="a")
        for name in NAMES
    ]
    told = [*NUMBERS, *(f"neighbour_{place}" for place in range(neighbours))]
    numbers = [Feature(name=name, unit="", minimum=-1e6, description=name) for name in told]
    return Contract(
        name="spot-advisor",
        title="Spot advisor",
        record=RecordSchema(
            name="spot_offer", title="Spot offer", keys=(key, seen), features=(*named, *numbers)
        ),
        target=Target(name="band", description="Share that is interrupted within a month", classes=BANDS),
    )


def _offer(row: dict[str, str]) -> Offer:
    return Offer(
        row["region"],
        row["instance_type"],
        float(row["savings_pct"]),
        float(row["vcpu"]),
        float(row["ram_gb"]),
        int(row["interruption_band"]),
    )
