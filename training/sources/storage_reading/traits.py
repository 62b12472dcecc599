"""What stays with a storage resource for life: its working week, its restlessness, how it is cleaned up."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Random = np.random.Generator

KEPT, DAILY, WEEKLY, MARK = range(4)
OFTEN = np.array([0.30, 0.62, 0.78, 1.0])
"""Cumulated shares: nothing is cleaned up, rotated daily, rotated weekly, cleaned up at a high-water mark."""
FILL = np.array([[0.0, 0.0], [3.0, 12.0], [0.5, 2.5], [4.0, 14.0]])
"""Points a day that come to be cleaned up again, from and to, by kind."""
SUNDAYS = 0.75
"""Share of weekly rotations that run on Sunday; the others run on Saturday."""
MARKS, MARKS_OFTEN = np.array([70.0, 80.0, 90.0]), np.array([0.2, 0.7, 1.0])
"""Where clean-ups begin: people choose round numbers."""
BUSINESS = (8, 18)
"""Business hours, UTC, Monday to Friday."""


@dataclass(frozen=True)
class Traits:
    """Arrays (resources,). `kind` and `fill` (points a day) are of the cleaning, `hour` and `day` when a
    rotation runs, `mark` where a clean-up begins and
    `depth` how many points it frees; `business` and `weekend` are activity over that of a
    weekday night, `wave` the height of the working day's files, `restless` the deviation of what nothing
    explains (points an hour), `writes` MB/s at one point an hour."""

    kind: Whole
    fill: Array
    hour: Whole
    day: Whole
    mark: Array
    depth: Array
    business: Array
    weekend: Array
    wave: Array
    restless: Array
    writes: Array

    def take(self, chosen: Whole) -> Traits:
        return Traits(*(getattr(self, each.name)[chosen] for each in fields(self)))


def draw(random: Random, count: int) -> Traits:
    kind = np.searchsorted(OFTEN, random.random(count))
    low, high = FILL[kind].T
    return Traits(
        kind=kind,
        fill=random.uniform(low, np.maximum(high, low)),
        hour=random.integers(0, 6, count),
        day=np.where(random.random(count) < SUNDAYS, 6, 5),
        mark=MARKS[np.searchsorted(MARKS_OFTEN, random.random(count))],
        depth=random.uniform(6, 16, count),
        business=np.exp(random.normal(1.2, 0.5, count)),
        weekend=random.uniform(0.1, 1.0, count),
        wave=np.where(random.random(count) < 0.6, random.exponential(2.0, count), 0.0),
        restless=np.exp(random.normal(-2.6, 0.5, count)),
        writes=np.exp(random.normal(1.0, 1.2, count)),
    )


def activity(traits: Traits, hour: Whole) -> Array:
    """How busy the hour is, 1 on the week's average; `hour` counts from a Monday's midnight."""
    of_day, weekday = hour % 24, hour // 24 % 7 < 5
    busy = weekday & (of_day >= BUSINESS[0]) & (of_day < BUSINESS[1])
    relative = np.where(busy, traits.business, np.where(weekday, 1.0, traits.weekend))
    mean: Array = (50 * traits.business + 70 + 48 * traits.weekend) / 168
    return relative / mean


def wave(traits: Traits, hour: Whole) -> Array:
    """Points that the working day's files take at that hour; gone by night, few at weekends."""
    day = np.sin(np.pi * np.clip((hour % 24 - 7) / 13, 0, 1))
    height: Array = traits.wave * day * np.where(hour // 24 % 7 < 5, 1.0, 0.15)
    return height
