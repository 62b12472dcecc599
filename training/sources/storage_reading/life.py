"""How full the resources are, hour by hour: growth in regimes, jobs that come and go, clean-ups, moves.

Usage has three parts: what is `stored` for good, what waits to be cleaned up (`rotating`), and what a job
left for a while (`passing`). All in points: percent of the resource's capacity.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sources.storage_reading import traits as of
from sources.storage_reading.traits import Traits

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Random = np.random.Generator

REGIME_HOURS = 96.0
"""How long a growth regime lasts on average."""
GROWTH = np.array([0.0, 0.3, 1.0, 2.5, -0.5])
"""Points a day: at rest, slow, steady, fast, shrinking."""
REGIME_OFTEN = np.array([0.3, 0.6, 0.8, 0.9, 1.0])
BETWEEN_JOBS, JOB_KEPT = 240.0, 10.0
"""Hours between jobs, and hours that their files stay after them, on average."""
JOB_HOURS, JOB_RATE = (2, 9), (0.3, 1.8)
BETWEEN_MOVES, MOVE = 600.0, 6.0
"""Hours between moves of data in or out, and the deviation of what is moved (points)."""
UNEVEN = 0.3
"""Deviation of the log of an hour's activity."""
ROTATION_FAILS, CLEANED_AN_HOUR = 0.03, 0.7
FULL, EXTENDED_AN_HOUR = 95.0, 0.12
"""From here on someone extends the volume, with this chance each hour."""


@dataclass(frozen=True)
class State:
    """Arrays of one shape. `growth` is the regime's, in points a day; a job has `job_left` hours to go at
    `job_rate` points an hour; `inflow` is what the last hour brought (points)."""

    stored: Array
    rotating: Array
    passing: Array
    growth: Array
    job_left: Array
    job_rate: Array
    inflow: Array

    def take(self, chosen: Whole) -> State:
        return State(*(getattr(self, each.name)[chosen] for each in fields(self)))


def start(random: Random, traits: Traits) -> State:
    count = len(traits.kind)
    nothing = np.zeros(count)
    return State(
        random.uniform(8, 65, count),
        traits.fill * random.uniform(0, 2, count),
        *(nothing, _regime(random, count), nothing, nothing, nothing),
    )


def step(state: State, traits: Traits, hour: Whole, random: Random) -> State:
    """The state one hour after `hour`, which counts from a Monday's midnight."""
    count = len(hour)
    switches = random.random(count) < 1 / REGIME_HOURS
    growth = np.where(switches, _regime(random, count), state.growth)
    busy = of.activity(traits, hour) * np.exp(UNEVEN * random.standard_normal(count))
    grown, filled = growth / 24 * busy, traits.fill / 24 * busy
    job_left, job_rate, passing = _jobs(state, random)
    moved = np.where(random.random(count) < 1 / BETWEEN_MOVES, MOVE * random.standard_normal(count), 0.0)
    stored = state.stored + grown + moved + traits.restless * random.standard_normal(count)
    stored, rotating = _cleaned(stored, state.rotating + filled, passing, traits, hour, random)
    inflow = np.maximum(grown, 0) + filled + np.where(job_left > 0, job_rate, 0.0)
    return State(np.maximum(stored, 1.0), rotating, passing, growth, job_left, job_rate, inflow)


def usage(state: State, traits: Traits, hour: Whole) -> Array:
    """Percent of the capacity in use at `hour`."""
    total = state.stored + state.rotating + state.passing + of.wave(traits, hour)
    full: Array = np.clip(total, 0, 100)
    return full


def _regime(random: Random, count: int) -> Array:
    growth: Array = GROWTH[np.searchsorted(REGIME_OFTEN, random.random(count))]
    return growth * np.exp(0.3 * random.standard_normal(count))


def _jobs(state: State, random: Random) -> tuple[Array, Array, Array]:
    """Hours left and rate of the running jobs, and what they left so far."""
    count = len(state.job_left)
    begins = (state.job_left <= 0) & (random.random(count) < 1 / BETWEEN_JOBS)
    left = np.where(begins, random.integers(*JOB_HOURS, count), np.maximum(state.job_left - 1, 0))
    rate = np.where(begins, random.uniform(*JOB_RATE, count), state.job_rate)
    removed = (left <= 0) & (random.random(count) < 1 / JOB_KEPT)
    passing = np.where(removed, 0.0, state.passing + np.where(left > 0, rate, 0.0))
    return left, rate, passing


def _cleaned(
    stored: Array, rotating: Array, passing: Array, traits: Traits, hour: Whole, random: Random
) -> tuple[Array, Array]:
    """What is stored and what waits after this hour's rotation, clean-up or extension."""
    count = len(hour)
    chance, remains = random.random(count), random.uniform(0, 0.15, count)
    due = hour % 24 == traits.hour
    rotates = (traits.kind == of.DAILY) | ((traits.kind == of.WEEKLY) & (hour // 24 % 7 == traits.day))
    above = stored + rotating + passing >= traits.mark
    cleans = (traits.kind == of.MARK) & above & (chance < CLEANED_AN_HOUR)
    rotating = np.where(cleans, np.maximum(rotating - traits.depth, 0.0), rotating)
    rotating = np.where(rotates & due & (chance >= ROTATION_FAILS), rotating * remains, rotating)
    extends = (stored + rotating + passing >= FULL) & (random.random(count) < EXTENDED_AN_HOUR)
    factor = np.where(extends, random.uniform(0.5, 0.75, count), 1.0)
    return stored * factor, rotating * factor
