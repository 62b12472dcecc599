"""Synthetic family loads: a seeded fleet of pools, each watched for ten days of six weeks, every six hours.

Pools are made in groups, see `grouped`, and documented in docs/family_load-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sources.family_load import life, measures, traits
from sources.family_load.ceiling import best_achievable
from sources.family_load.life import Hour
from sources.family_load.traits import Traits
from sources.grouped import grouped

__all__ = ["best_achievable", "chunks"]

GROUP = 120
"""Pools made at a time."""
START_MS = 1_767_571_200_000
"""2026-01-05T00:00Z, a Monday."""
HOUR_MS = 3_600_000
WARM_UP = 2 * measures.WEEK
WATCHED, EVERY, AHEAD = 240, 6, 24
"""Hours that a pool is watched, hours between its records, and hours that its labels look ahead."""
LABELLED = 0.9
TRUTH_ERROR = 1.0
"""Deviation of a measured label, points."""
Random = np.random.Generator
Array = NDArray[np.float64]


def chunks(records: int = 40_000, seed: int = 20260101) -> Iterator[pa.Table]:
    """`records` records as one table a group, pool by pool in time order.

    What a pool does not measure is null, and so are the facts that its family tells already.
    """
    return grouped(records, lambda group, wanted: _table(group, seed).slice(0, wanted))


def _table(group: int, seed: int) -> pa.Table:
    random = np.random.default_rng([seed, group])
    own = traits.draw(random, GROUP)
    begins = random.integers(0, 6 * measures.WEEK - WATCHED, GROUP)
    past = _lives(random, own, begins)
    at = WARM_UP + np.arange(0, WATCHED, EVERY)
    measured = measures.measure(random, past, at)
    measured["credit_balance"] = np.where(own.burstable == 1, measured["credit_balance"], np.nan)
    target = _truth(random, past, at)
    unknown = random.random(target.shape) >= LABELLED
    pool = np.repeat(np.arange(GROUP), len(at))
    time = START_MS + HOUR_MS * (begins + at[:, None] - WARM_UP)
    names = pa.array([f"pool-{group * GROUP + number:06d}" for number in range(GROUP)])
    return pa.table(
        {
            "pool_id": names.take(pa.array(pool)),
            "timestamp": pa.array(time.T.ravel(), pa.timestamp("ms", "UTC")),
            **_told(own, pool),
            **{name: pa.array(values.T.ravel(), from_pandas=True) for name, values in measured.items()},
            "stress_score": pa.array(target.T.ravel(), mask=unknown.T.ravel()),
        }
    )


def _lives(random: Random, own: Traits, begins: NDArray[np.int64]) -> Hour:
    """Every hour of the pools (hours, pools), from before they are watched to the end of their last label."""
    state, hours = life.start(random, own), []
    for passed in range(WARM_UP + WATCHED + AHEAD):
        state, seen = life.step(state, own, begins + passed - WARM_UP + 6 * measures.WEEK, random)
        hours.append(seen)
    return Hour(*(np.stack([getattr(each, part.name) for each in hours]) for part in fields(Hour)))


def _truth(random: Random, past: Hour, at: NDArray[np.int64]) -> Array:
    """The stress of the hours ahead (records, pools), as it is measured later."""
    ahead = past.shortfall[at[:, None] + np.arange(AHEAD)].mean(axis=1)
    measured: Array = np.clip(100 * ahead + TRUTH_ERROR * random.standard_normal(ahead.shape), 0, 100)
    return measured


def _told(own: Traits, pool: NDArray[np.int64]) -> dict[str, Any]:
    """Family, region, and what a record must tell because its size is not the family's usual one."""
    families, regions = pa.array(list(traits.NEIGHBOURS)), pa.array(traits.REGIONS)
    usual = own.large[pool].astype(bool)
    facts = {"vcpu": own.vcpu, "memory_gb": own.memory_gb, "baseline_share": own.baseline}
    return {
        "instance_family": families.take(pa.array(own.family[pool])),
        "region": regions.take(pa.array(own.region[pool])),
        **{name: pa.array(values[pool], mask=usual) for name, values in facts.items()},
    }
