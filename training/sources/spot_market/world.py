"""A made-up spot market: how likely an instance is interrupted, level by level and hour by hour.

The log-odds of an interruption within six hours are a sum: region, zone, series, family, type, family within
region, size, the hour of the day, and how scarce the family is in the region, which moves the price too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
HOURS = 8 * 7 * 24
BEFORE = 7 * 24
"""Hours of prices before the first record."""
REGIONS = {
    "us-east-1": "abcd", "us-west-2": "abcd", "ca-central-1": "abd", "sa-east-1": "ac",
    "eu-west-1": "abc", "eu-central-1": "abc", "ap-south-1": "abc", "ap-northeast-1": "acd",
}  # fmt: skip
FAMILIES = (
    "t3", "t3a", "t4g", "m5", "m5a", "m6i", "m6g", "m7i", "m7g", "c5", "c5a", "c6i", "c6g", "c7g",
    "r5", "r5a", "r6i", "r6g", "i3", "i4i", "g4dn", "g5", "p3", "x2gd",
)  # fmt: skip
SIZES = (("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("16xlarge", 64))
MEMORY = {"c": 2.0, "r": 8.0, "x": 16.0, "i": 7.5, "p": 7.6}
"""GB a processor; 4 elsewhere."""
EVERY_USD = 0.048
"""On-demand price of a processor-hour of the general families; accelerators cost more."""
DEAR = {"g": 3.0, "p": 8.0, "x": 1.7, "r": 1.3, "c": 0.85, "t": 0.8}
LATE_TYPES, LATE_ZONES = 0.2, 0.25
"""Shares that appear only within the last 45% of the time: a model is asked about names it never saw."""
LATE = 0.55
SPREAD = {"region": 0.5, "zone": 0.4, "series": 0.4, "family": 0.5, "type": 0.5, "family_region": 0.5}
"""Standard deviations of the effects, log-odds."""
BASE, PER_DOUBLING, DAILY, SCARCE = -1.7, 0.15, 0.45, 0.8
MEMORY_OF_SCARCITY = 0.985
"""From one hour to the next; a shock comes every two weeks on average and fades likewise."""
SHOCKS, SHOCK = 1 / 336, 2.5
DISCOUNT, PER_SCARCITY, ZONAL = 0.66, 0.06, 0.05


@dataclass(frozen=True)
class World:
    """`zones`, `types` are names; `zone_region`, `type_family` places; `static` (zones, types) log-odds that
    never change; `scarcity` (regions x families, hours); opening hours of zones and types."""

    zones: tuple[str, ...]
    types: tuple[str, ...]
    zone_region: Codes
    type_family: Codes
    vcpu: Array
    memory: Array
    on_demand: Array
    static: Array
    peak: Array
    scarcity: Array
    zone_opens: Codes
    type_opens: Codes

    def place(self, zone: Codes, kind: Codes) -> Codes:
        """The row of `scarcity` that the pools belong to."""
        found: Codes = self.zone_region[zone] * len(FAMILIES) + self.type_family[kind]
        return found

    def log_odds(self, zone: Codes, kind: Codes, hour: Codes) -> Array:
        """Of an interruption within six hours from `hour`, counted from the first record's midnight."""
        turn = 2 * np.pi * (hour - self.peak[self.zone_region[zone]]) / 24
        scarce = self.scarcity[self.place(zone, kind), hour + BEFORE]
        found: Array = self.static[zone, kind] + DAILY * np.cos(turn) + SCARCE * scarce
        return found


@cache
def world(seed: int) -> World:
    """Always the same one for a seed."""
    draw = np.random.default_rng([seed, 0])
    zones = tuple(f"{region}{letter}" for region, letters in REGIONS.items() for letter in letters)
    zone_region = np.repeat(np.arange(len(REGIONS)), [len(letters) for letters in REGIONS.values()])
    types = tuple(f"{family}.{size}" for family in FAMILIES for size, _ in SIZES)
    type_family = np.repeat(np.arange(len(FAMILIES)), len(SIZES))
    vcpu = np.tile([float(count) for _, count in SIZES], len(FAMILIES))
    series = [family[0] for family in FAMILIES]
    letters = sorted(set(series))
    effects = {
        "region": draw.normal(0, SPREAD["region"], len(REGIONS)),
        "zone": draw.normal(0, SPREAD["zone"], len(zones)),
        "series": draw.normal(0, SPREAD["series"], len(letters)),
        "family": draw.normal(0, SPREAD["family"], len(FAMILIES)),
        "type": draw.normal(0, SPREAD["type"], len(types)),
        "family_region": draw.normal(0, SPREAD["family_region"], (len(REGIONS), len(FAMILIES))),
    }
    of_family = effects["family"] + effects["series"][[letters.index(each) for each in series]]
    of_zone = effects["region"][zone_region] + effects["zone"]
    of_type = of_family[type_family] + effects["type"] + PER_DOUBLING * (np.log2(vcpu) - 3)
    both = effects["family_region"][zone_region][:, type_family]
    per_processor = np.array([MEMORY.get(each, 4.0) for each in series])[type_family]
    dear = np.array([DEAR.get(each, 1.0) for each in series])[type_family]
    return World(
        zones=zones,
        types=types,
        zone_region=zone_region,
        type_family=type_family,
        vcpu=vcpu,
        memory=vcpu * per_processor,
        on_demand=vcpu * EVERY_USD * dear,
        static=BASE + of_zone[:, None] + of_type[None, :] + both,
        peak=draw.uniform(0, 24, len(REGIONS)),
        scarcity=_scarcity(draw, len(REGIONS) * len(FAMILIES)),
        zone_opens=_opens(draw, len(zones), LATE_ZONES),
        type_opens=_opens(draw, len(types), LATE_TYPES),
    )


def _scarcity(draw: np.random.Generator, rows: int) -> Array:
    """Of deviation 1 but for the shocks."""
    state, found = draw.normal(size=rows), np.empty((rows, BEFORE + HOURS))
    rest = (1 - MEMORY_OF_SCARCITY**2) ** 0.5
    for hour in range(BEFORE + HOURS):
        struck = draw.random(rows) < SHOCKS
        state = MEMORY_OF_SCARCITY * state + rest * draw.normal(size=rows) + SHOCK * struck
        found[:, hour] = state
    return found


def _opens(draw: np.random.Generator, count: int, late: float) -> Codes:
    """The hour from which there are records."""
    hour = draw.uniform(LATE * HOURS, 0.97 * HOURS, count).astype(np.int64)
    return np.where(draw.random(count) < late, hour, 0)
