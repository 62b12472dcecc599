"""Synthetic records of spot pools: a seeded market whose types and zones open over eight weeks.

Documented in docs/spot_market-data.md; nothing of it was measured anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import metrics
from sources.grouped import grouped
from sources.spot_market.prices import shown
from sources.spot_market.world import HOURS, Array, Codes, world

__all__ = ["best_achievable", "chunks"]

GROUP = 2_000
"""Records made at a time."""
START_MS = 1_767_571_200_000
"""2026-01-05T00:00Z, a Monday."""
HOUR_MS = 3_600_000
SEED = 20260105
CLASSES = ("stable", "interrupted")


@dataclass(frozen=True)
class Seen:
    """Places of zones and types, hours, and the true probability of an interruption (records,)."""

    zone: Codes
    kind: Codes
    hour: Codes
    risk: Array
    happened: NDArray[np.bool_]


def chunks(records: int = 30_000, seed: int = SEED) -> Iterator[pa.Table]:
    """`records` records as one table a group.

    Columns: `pool_id`, `timestamp`, the features that callers give (null where nobody tells them) and
    `pool_state`.
    """
    return grouped(records, lambda group, wanted: _table(group, seed).slice(0, wanted))


def best_achievable(records: int = 20_000, seed: int = SEED) -> dict[str, float]:
    """The metrics of one who knows every record's true probability: what chance alone leaves open."""
    parts = [seen(group, seed) for group in range(max(1, records // GROUP))]
    risk, happened = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("risk", "happened")
    )
    both = np.stack((1 - risk, risk), axis=1)
    return metrics.classification(happened.astype(np.int64), both, (risk > 0.5).astype(np.int64))


def seen(group: int, seed: int = SEED) -> Seen:
    """The group's records with the truth behind them, in the order of `chunks`."""
    of, draw = world(seed), np.random.default_rng([seed, 1, group])
    hour = np.sort(draw.integers(0, HOURS, GROUP))
    zone = _open(of.zone_opens, hour, draw)
    kind = _open(of.type_opens, hour, draw)
    risk = 1 / (1 + np.exp(-of.log_odds(zone, kind, hour)))
    return Seen(zone, kind, hour, risk, draw.random(GROUP) < risk)


def _open(opens: Codes, hour: Codes, draw: np.random.Generator) -> Codes:
    """One of those that are open at each hour; what has just opened is asked about three times as often."""
    weight = np.where(opens[None, :] > hour[:, None], 0.0, np.where(opens > 0, 3.0, 1.0))
    ends = np.cumsum(weight, axis=1)
    found: Codes = (draw.random(len(hour))[:, None] * ends[:, -1:] > ends).sum(axis=1)
    return found


def _table(group: int, seed: int) -> pa.Table:
    of, rows = world(seed), seen(group, seed)
    draw = np.random.default_rng([seed, 2, group])
    told = shown(seed, rows.zone, rows.kind, rows.hour, draw)
    zones = pa.array(of.zones).take(pa.array(rows.zone))
    types = pa.array(of.types).take(pa.array(rows.kind))
    time = START_MS + HOUR_MS * rows.hour + draw.integers(0, HOUR_MS, GROUP)
    pools = [f"{zone}/{kind}" for zone, kind in zip(zones.to_pylist(), types.to_pylist(), strict=True)]
    return pa.table(
        {
            "pool_id": pa.array(pools),
            "timestamp": pa.array(time, pa.timestamp("ms", "UTC")),
            "zone": zones,
            "instance_type": types,
            "memory_gb": of.memory[rows.kind],
            "on_demand_usd": of.on_demand[rows.kind],
            **{name: pa.array(values, from_pandas=True) for name, values in told.items()},
            "pool_state": pa.array(CLASSES).take(pa.array(rows.happened.astype(np.int64))),
        }
    )
