"""What stays with a pool for life: its family and size, and what it is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from features.family_load_facts import FAMILIES

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Random = np.random.Generator

NEIGHBOURS = {
    "t3": 3.0, "t3a": 3.4, "t4g": 2.4, "m4": 2.2, "c4": 2.0, "m5": 1.2, "m6i": 0.9, "m6g": 0.7, "m7g": 0.6,
    "c5": 1.1, "c6i": 0.8, "c7g": 0.6, "r5": 1.1, "r6i": 0.8, "r6g": 0.7, "i3": 1.6,
}  # fmt: skip
"""The families that pools run on, and how much each suffers from its neighbours: made up, burstable and old
ones more."""
BURSTABLE_SHARE = 0.45
"""Share of pools that run on a burstable family."""
REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1")
CROWDED = np.array([1.3, 1.0, 1.1, 1.0, 0.9, 1.2])
"""How full regions are, by which neighbours are felt: made up."""
BURST_SIZES = np.array([[2, 0.25, 0.2], [2, 0.5, 0.2], [2, 1, 0.3], [4, 2, 0.4], [8, 4, 0.4]])
"""vCPUs, memory over that of `large`, and baseline of t3, t3a and t4g from small to 2xlarge."""
BURST_OFTEN = np.array([0.1, 0.3, 0.7, 0.9, 1.0])
FIXED_SIZES = np.array([1.0, 2.0, 4.0, 8.0])
"""Of fixed families, over `large`."""
LARGE_OFTEN = 0.4
UNLIMITED = 0.3
"""Share of burstable pools that pay for more instead of being throttled; no field tells which."""
INSTANCES = 4
"""Instances of each pool that are followed; load is spread unevenly over them."""


@dataclass(frozen=True)
class Traits:
    """Arrays (pools,), `uneven` (INSTANCES, pools) factors of the mean load.

    `load` is the demand of a weekday's mean hour (share of the vCPUs), `day` and `week` how much of it
    follows the hour and the weekday, `peak` the busiest hour, `growth` the share it gains a day, `batch` the
    demand of a nightly job at `batch_hour`, `memory` and `leak` the share of memory in use and what it gains
    a day, `traffic` network used at demand 1 (share of its most), `neighbours` how much contention is felt.
    """

    family: Whole
    region: Whole
    vcpu: Array
    memory_gb: Array
    network_gbps: Array
    baseline: Array
    burstable: Array
    unlimited: Array
    large: Array
    neighbours: Array
    uneven: Array
    load: Array
    day: Array
    week: Array
    peak: Array
    growth: Array
    batch: Array
    batch_hour: Whole
    memory: Array
    leak: Array
    traffic: Array

    def take(self, chosen: Whole) -> Traits:
        return Traits(*(getattr(self, each.name)[..., chosen] for each in fields(self)))


def draw(random: Random, count: int) -> Traits:
    names = list(NEIGHBOURS)
    facts = np.array([FAMILIES[name] for name in names])
    bursts = facts[:, 4] == 1
    family = np.where(
        random.random(count) < BURSTABLE_SHARE,
        random.choice(np.flatnonzero(bursts), count),
        random.choice(np.flatnonzero(~bursts), count),
    )
    region = random.integers(0, len(REGIONS), count)
    vcpu, memory_gb, network, _, burstable = facts[family].T
    sized = _sizes(random, vcpu, memory_gb, burstable == 1)
    baseline = sized[2]
    load = np.where(
        burstable == 1, baseline * random.lognormal(-0.25, 0.6, count), random.lognormal(-1.3, 0.6, count)
    )
    skew = random.lognormal(0.0, 0.22, (INSTANCES, count))
    return Traits(
        family=family,
        region=region,
        vcpu=sized[0],
        memory_gb=sized[1],
        network_gbps=network,
        baseline=baseline,
        burstable=burstable,
        unlimited=((random.random(count) < UNLIMITED) & (burstable == 1)).astype(np.float64),
        large=(sized[0] == vcpu) & (sized[1] == memory_gb),
        neighbours=np.array(list(NEIGHBOURS.values()))[family] * CROWDED[region],
        uneven=skew / skew.mean(axis=0),
        load=np.minimum(load, 1.1),
        day=random.beta(2, 2, count),
        week=random.beta(1.2, 2, count),
        peak=random.normal(14, 4, count),
        growth=random.normal(0.01, 0.02, count),
        batch=np.where(random.random(count) < 0.35, random.uniform(0.2, 0.9, count), 0.0),
        batch_hour=random.integers(0, 6, count),
        memory=random.beta(5, 3.2, count),
        leak=np.where(random.random(count) < 0.15, random.uniform(0.005, 0.03, count), 0.0),
        traffic=random.lognormal(-1.9, 0.9, count),
    )


def _sizes(
    random: Random, vcpu: Array, memory_gb: Array, burstable: NDArray[np.bool_]
) -> tuple[Array, Array, Array]:
    """vCPUs, memory and baseline of the size that each pool runs on."""
    count = len(vcpu)
    burst = BURST_SIZES[np.searchsorted(BURST_OFTEN, random.random(count))]
    times = np.where(random.random(count) < LARGE_OFTEN, 1.0, random.choice(FIXED_SIZES[1:], count))
    return (
        np.where(burstable, burst[:, 0], vcpu * times),
        memory_gb * np.where(burstable, burst[:, 1], times),
        np.where(burstable, burst[:, 2], 1.0),
    )


def expected(traits: Traits, hour: Whole, lived: float | Array) -> Array:
    """Demand (share of the vCPUs) that the calendar brings; `hour` counts from a Monday's midnight, `lived`
    are days that the pool has grown."""
    of_day, weekend = hour % 24, hour // 24 % 7 >= 5
    rhythm = 1 + traits.day * np.cos(2 * np.pi * (of_day - traits.peak) / 24)
    steady = traits.load * rhythm * np.where(weekend, 1 - traits.week, 1.0)
    grown = np.maximum(steady * (1 + traits.growth * lived), 0.0)
    demand: Array = grown + np.where(of_day == traits.batch_hour, traits.batch, 0.0)
    return demand
