"""The features of a spot pool, computed the same way for training and for serving.

numpy only. Names are their numbers here; what is made of a price that is not known is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from catalog.contract import name_number
from features.columns import Array, Columns, Index, clock, ratio

__all__ = ["NAMES", "Columns", "build"]

NAMES = (
    "region", "zone", "series", "family", "size", "instance_type", "vcpu", "memory_gb",
    "price_usd", "on_demand_usd", "price_mean_24h", "price_std_24h",
    "price_mean_7d", "price_std_7d", "price_max_7d",
    "interruptions_24h", "interruptions_7d", "placement_score", "savings",
    "price_ratio_24h", "price_ratio_7d", "price_trend", "price_spread_24h", "price_spread_7d",
    "price_peak_7d", "hour_sin", "hour_cos", "day_of_week", "is_weekend",
)  # fmt: skip
PROCESSORS = {
    "nano": 2, "micro": 2, "small": 2, "medium": 1, "large": 2, "xlarge": 4,
    **{f"{times}xlarge": 4 * times for times in range(2, 129)},
    **{f"metal-{times}xl": 4 * times for times in (16, 24, 32, 48, 96)},
    **{str(count): count for count in range(1, 257)},
}  # fmt: skip
"""By size; of a bare `metal` the family decides, so it tells nothing."""
_SIZES = sorted((name_number(size), float(count)) for size, count in PROCESSORS.items())
_NUMBERS, _COUNTS = np.array(_SIZES).T


def build(columns: Columns, rows: Index | None = None) -> Array:
    """The features (rows, features) in the order of `NAMES`; of the rows at the places `rows` alone, where
    those are given. A value that a record holds is kept."""
    absent = np.full(len(columns.time), np.nan)
    found = {name: columns.values.get(name, absent) for name in NAMES}
    for name, derived in _derived(found, columns.time):
        found[name] = np.where(np.isnan(found[name]), derived, found[name])
    features = np.column_stack([found[name] for name in NAMES])
    return features if rows is None else features[rows]


def _derived(of: dict[str, Array], time: Index) -> Iterator[tuple[str, Array]]:
    price, day, week = of["price_usd"], of["price_mean_24h"], of["price_mean_7d"]
    yield "vcpu", _processors(of["size"])
    yield "savings", 1 - ratio(price, of["on_demand_usd"])
    yield "price_ratio_24h", ratio(price, day)
    yield "price_ratio_7d", ratio(price, week)
    yield "price_trend", ratio(day, week)
    yield "price_spread_24h", ratio(of["price_std_24h"], day)
    yield "price_spread_7d", ratio(of["price_std_7d"], week)
    yield "price_peak_7d", ratio(price, of["price_max_7d"])
    turn = time % 86_400 / 86_400 * 2 * np.pi
    yield "hour_sin", np.sin(turn)
    yield "hour_cos", np.cos(turn)
    weekday = clock(time)[1].astype(np.float64)
    yield "day_of_week", weekday
    yield "is_weekend", (weekday >= 5).astype(np.float64)


def _processors(size: Array) -> Array:
    place = np.minimum(np.searchsorted(_NUMBERS, size), len(_NUMBERS) - 1)
    return np.where(_NUMBERS[place] == size, _COUNTS[place], np.nan)
