"""What a spot pool shows: prices and their statistics, interruptions, the placement score."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sources.spot_market.world import (
    BEFORE,
    DISCOUNT,
    HOURS,
    PER_SCARCITY,
    SCARCE,
    Array,
    Codes,
    World,
    world,
)

DAY, WEEK = 24, 168
PRICE_NOISE = 0.02
SCORE_NOISE = 1.0
OBSERVED = 100
"""Instances of a pool that interruptions are counted of."""
MISSING = {"price": 0.08, "interruptions": 0.5, "placement_score": 0.3}
"""Shares of records without them."""


@cache
def _shares(seed: int) -> dict[str, NDArray[np.float64]]:
    """Spot price as a share of the on-demand price (rows, hours), and its past statistics."""
    share = np.clip(1 - DISCOUNT + PER_SCARCITY * world(seed).scarcity, 0.1, 1.0)
    found = {"price": share}
    for name, hours in (("24h", DAY), ("7d", WEEK)):
        found[f"mean_{name}"] = _mean(share, hours)
        variance = _mean(share**2, hours) - found[f"mean_{name}"] ** 2
        found[f"std_{name}"] = np.sqrt(np.maximum(variance, 0))
        found[f"scarcity_{name}"] = _mean(world(seed).scarcity, hours)
    found["max_7d"] = np.lib.stride_tricks.sliding_window_view(share, WEEK, axis=1).max(axis=2)
    return {name: each[:, -(HOURS + 1) :] for name, each in found.items()}


def shown(seed: int, zone: Codes, kind: Codes, hour: Codes, draw: np.random.Generator) -> dict[str, Array]:
    """Of each record; NaN where nobody tells it."""
    of, past = world(seed), _shares(seed)
    at = of.place(zone, kind), hour
    pool = np.exp(PRICE_NOISE * _fixed(of, zone, kind))
    paid = of.on_demand[kind] * pool
    names = ("mean_24h", "std_24h", "mean_7d", "std_7d", "max_7d")
    found = {f"price_{name}": paid * past[name][at] for name in names}
    found["price_usd"] = paid * past["price"][at] * np.exp(PRICE_NOISE * draw.normal(size=len(hour)))
    found["price_max_7d"] = np.maximum(found["price_max_7d"], found["price_usd"])
    found = _without(found, draw.random(len(hour)) < MISSING["price"])
    counted = {
        f"interruptions_{name}": draw.poisson(
            OBSERVED * windows * _risk(of, zone, kind, past[f"scarcity_{name}"][at])
        )
        for name, windows in (("24h", 4), ("7d", 28))
    }
    found |= _without(counted, draw.random(len(hour)) < MISSING["interruptions"])
    scarce = of.scarcity[at[0], hour + BEFORE]
    score = np.clip(np.round(6.5 - 1.6 * scarce + SCORE_NOISE * draw.normal(size=len(hour))), 1, 10)
    return found | _without({"placement_score": score}, draw.random(len(hour)) < MISSING["placement_score"])


def _risk(of: World, zone: Codes, kind: Codes, scarcity: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-(of.static[zone, kind] + SCARCE * scarcity)))
    return found


def _fixed(of: World, zone: Codes, kind: Codes) -> Array:
    """What a pool's price is off, always the same for a pool."""
    return np.random.default_rng(0).normal(size=of.static.shape)[zone, kind]


def _mean(values: Array, hours: int) -> Array:
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    return (total[:, hours:] - total[:, :-hours]) / hours


def _without(columns: Mapping[str, NDArray[Any]], gone: NDArray[np.bool_]) -> dict[str, Array]:
    return {name: np.where(gone, np.nan, each) for name, each in columns.items()}
