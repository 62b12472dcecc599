"""Requests as they come: when, what for, how large, and what their callers know of the load."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Random = np.random.Generator
Places = NDArray[np.intp] | NDArray[np.bool_] | slice
Pattern = Literal["weekly", "steady", "burst", "night"]

WORKLOADS = ("lightweight_api", "thumbnail_processing", "medium_processing", "heavy_processing")
TIME_WINDOWS = ("night", "morning", "midday", "afternoon", "evening")
LOAD_PATTERNS = ("low_load", "medium_load", "high_load", "burst_load")
WINDOW_ENDS = (6, 11, 14, 18)
"""Hours at which a time window ends, the last at midnight."""
LOAD_ENDS = (0.7, 1.4)
"""Rate of the last five minutes over the usual at which low ends, and at which medium ends."""
BURST = 1.4
"""A burst is a minute at so many times the usual rate, and at so many times that of the four before."""

MONDAY_S = 1_767_571_200
"""2026-01-05T00:00Z."""
RATE = 40.0
"""Usual rate: requests a second, mean of a week without bursts."""
MIX = np.array([0.45, 0.39, 0.13, 0.03])
"""Shares of the workloads."""
PAYLOAD_KB = ((42.0, 1.85), (430.0, 1.05), (155.0, 1.25), (165.0, 1.4))
"""By workload: median and log deviation, kept within `LEAST_KB` and `MOST_KB`."""
LEAST_KB, MOST_KB = 0.1, 10_240.0
DAY = (0.25, 0.20, 0.18, 0.18, 0.22, 0.35, 0.6, 0.95, 1.4, 1.75, 1.85, 1.75,
       1.55, 1.7, 1.8, 1.7, 1.5, 1.3, 1.15, 1.05, 0.95, 0.8, 0.6, 0.4)  # fmt: skip
"""Rate by the hour's beginning over the day's mean, straight in between."""
WEEK = (1.12, 1.15, 1.15, 1.12, 1.08, 0.7, 0.68)
"""Rate by weekday over the week's mean, Monday first."""
STEP_S = 10
"""The rate stands still for so long."""
DRIFT, DRIFT_S = 0.3, 3600.0
"""Log deviation of the slow changes that no clock explains, and how long one lasts."""
BURST_EVERY_S, BURST_S = 2400.0, 240.0
"""Bursts come at random and fade, on average so long."""
BURST_HEIGHT = (0.5, 2.5)
"""Extra rate at a burst's beginning over the rate of that moment."""
SHAPES: dict[Pattern, tuple[float, float, float]] = {
    "weekly": (0.0, 1.0, 1.0), "steady": (1.0, 0.0, 0.0), "burst": (1.0, 1.0, 6.0), "night": (0.2, 1.0, 0.25)
}  # fmt: skip
"""By pattern: a level instead of the day's and week's shape (0: the shape), how much of the drift there is,
and how many times as often bursts come."""


@dataclass(frozen=True)
class Requests:
    """In time order, n of each: seconds since 1970 (UTC), workload and load pattern by place, KB."""

    time_s: Array
    workload: Codes
    payload_kb: Array
    load: Codes

    def __len__(self) -> int:
        return len(self.time_s)

    def take(self, places: Places) -> Requests:
        return Requests(
            self.time_s[places], self.workload[places], self.payload_kb[places], self.load[places]
        )

    @property
    def window(self) -> Codes:
        """Time window by place."""
        hour = self.time_s % 86_400 / 3600
        return np.searchsorted(WINDOW_ENDS, hour, side="right").astype(np.int64)


def between(random: Random, start_s: float, end_s: float, pattern: Pattern = "weekly") -> Requests:
    """All requests from `start_s` to `end_s`, seconds since 1970."""
    time = _arrivals(random, start_s, end_s, pattern)
    workload = random.choice(len(MIX), len(time), p=MIX).astype(np.int64)
    median, spread = np.array(PAYLOAD_KB).T
    payload = median[workload] * np.exp(spread[workload] * random.standard_normal(len(time)))
    payload = np.round(np.clip(payload, LEAST_KB, MOST_KB), 2)
    return Requests(time, workload, payload, load(time, start_s))


def load(time_s: Array, start_s: float) -> Codes:
    """What a caller knows at each arrival: the rate of the last minutes (since `start_s` at the earliest)."""
    place = np.arange(len(time_s))
    short, long = ((place - np.searchsorted(time_s, time_s - s)) / s for s in (60.0, 300.0))
    long *= 300 / np.clip(time_s - start_s, 60, 300)
    found = np.searchsorted(LOAD_ENDS, long / RATE, side="right").astype(np.int64)
    before = np.maximum((long * 300 - short * 60) / 240, 0)
    found[(short > BURST * RATE) & (short > BURST * before)] = LOAD_PATTERNS.index("burst_load")
    return found


def _arrivals(random: Random, start_s: float, end_s: float, pattern: Pattern) -> Array:
    rate = _rate(random, start_s, end_s, pattern)
    count = random.poisson(rate * STEP_S)
    begin = np.repeat(start_s + STEP_S * np.arange(len(rate)), count)
    time = np.round(begin + STEP_S * random.random(len(begin)), 3)
    time.sort()
    return time[time < end_s]


def _rate(random: Random, start_s: float, end_s: float, pattern: Pattern) -> Array:
    """Requests a second in each step."""
    level, drifting, bursting = SHAPES[pattern]
    steps = math.ceil((end_s - start_s) / STEP_S)
    time: Array = start_s + STEP_S * np.arange(steps, dtype=np.float64)
    shape = np.full(steps, level) if level else _usual(time)
    found: Array = RATE * shape * np.exp(drifting * _drift(random, steps)) * _bursts(random, steps, bursting)
    return found


def _usual(time_s: Array) -> Array:
    """Of the hour and the weekday; the first of 1970 was a Thursday."""
    hour = time_s % 86_400 / 3600
    weekday = ((time_s // 86_400).astype(np.int64) + 3) % 7
    day = np.interp(hour, np.arange(25), [*DAY, DAY[0]]) / np.mean(DAY)
    found: Array = day * np.array(WEEK)[weekday] / np.mean(WEEK)
    return found


def _drift(random: Random, steps: int) -> Array:
    """Log of the slow changes, an autoregression that forgets within `DRIFT_S`."""
    kept = math.exp(-STEP_S / DRIFT_S)
    shocks = (DRIFT * math.sqrt(1 - kept**2) * random.standard_normal(steps)).tolist()
    value, found = DRIFT * random.standard_normal(), []
    for shock in shocks:
        value = kept * value + shock
        found.append(value)
    return np.array(found) - DRIFT**2 / 2


def _bursts(random: Random, steps: int, often: float) -> Array:
    """Factor on the rate."""
    found = np.ones(steps)
    for begin in np.flatnonzero(random.random(steps) < often * STEP_S / BURST_EVERY_S):
        lasts = random.exponential(BURST_S)
        fading = np.exp(-STEP_S * np.arange(steps - begin) / max(lasts, STEP_S))
        found[begin:] += random.uniform(*BURST_HEIGHT) * fading
    return found
