"""How much I/O each volume gets, of which kind: daily rhythm, memory and bursts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sources.iops_insight import quantiles

Array = NDArray[np.float64]
Random = np.random.Generator

DAY = 48
"""Windows in a day."""
RESTLESS, RHYTHMIC, TWICE_A_DAY = 0.09, 0.65, 0.2
"""Shares of volumes: without any memory, with a daily pattern, with a pattern of half a day."""
DRIFT_MEMORY = 0.99

WITHIN = np.array([-0.65, 0.31, -0.38])
"""What a busy window does to write share, operation size and sequential share (standard deviations)."""
BETWEEN = np.array([-0.18, 0.43, -0.16])
"""The same for a busy volume."""
OF_VOLUME = np.array([0.72, 0.60, 0.60])
"""What stays with the volume; the rest comes and goes."""
TOGETHER = np.linalg.cholesky(np.array([[1.0, 0.05, -0.30], [0.05, 1.0, -0.30], [-0.30, -0.30, 1.0]]))
"""How these three go together where load does not say it."""
KIND_MEMORY = 0.6
WRITERS = 0.3
"""Share of volumes that are there to be written to: logs, backups, replicas."""
WRITER, READER = 1.28, -0.55
"""How far those and the others lean to writes (standard deviations, 0 over the fleet)."""


@dataclass(frozen=True)
class Load:
    """Arrays (windows, volumes); `typical` (volumes,) is the median IOPS to be expected."""

    typical: Array
    iops: Array
    write_share: Array
    io_kb: Array
    sequential: Array


def draw(random: Random, volumes: int, windows: int) -> Load:
    busy = random.standard_normal(volumes)
    mean = quantiles.log_of(busy, quantiles.MEAN_IOPS_OF_VOLUME)
    spread = np.exp(quantiles.log_of(random.standard_normal(volumes), quantiles.SPREAD_OF_VOLUME))
    level = _level(random, volumes, windows)
    kinds = [
        WITHIN[i] * level + BETWEEN[i] * busy + rest
        for i, rest in enumerate(_kinds(random, volumes, windows))
    ]
    typical = np.exp(mean - spread**2 / 2)
    return Load(
        typical=typical,
        iops=typical * np.exp(spread * level),
        write_share=quantiles.share_of(kinds[0], quantiles.WRITE_SHARE),
        io_kb=np.exp(quantiles.log_of(kinds[1], quantiles.IO_KB)),
        sequential=quantiles.share_of(kinds[2], quantiles.SEQUENTIAL_SHARE),
    )


def _level(random: Random, volumes: int, windows: int) -> Array:
    """Log load around its mean, standard deviation 1: a daily pattern, drift, memory and the moment."""
    restless = random.random(volumes) < RESTLESS
    rhythmic = ~restless & (random.random(volumes) < RHYTHMIC)
    daily = np.where(rhythmic, random.beta(2.5, 3.9, volumes), 0.0)
    lasting = np.where(restless, 0.0, (1 - daily) * random.beta(0.8, 0.5, volumes))
    drift = lasting * 0.5 * random.random(volumes)
    memory = random.beta(6.2, 0.45, volumes)
    pattern = _pattern(random, volumes)
    parts = (
        (daily, pattern[np.arange(windows) % DAY]),
        (drift, remembering(random.standard_normal((windows, volumes)), np.full(volumes, DRIFT_MEMORY))),
        (lasting - drift, remembering(random.standard_normal((windows, volumes)), memory)),
        (1 - daily - lasting, random.standard_normal((windows, volumes))),
    )
    level: Array = np.sum([np.sqrt(share) * part for share, part in parts], axis=0)
    return level


def _pattern(random: Random, volumes: int) -> Array:
    """A day as each volume has it: office hours and scheduled jobs; mean 0, standard deviation 1."""
    hour = np.arange(DAY)[:, None] / DAY
    day = random.uniform(0, 1.85, volumes) * np.cos(2 * np.pi * (hour - random.normal(0.6, 0.12, volumes)))
    for _ in range(3):
        distance = np.abs((hour - random.random(volumes) + 0.5) % 1 - 0.5)
        day += random.uniform(0, 3, volumes) * (distance < 0.04)
    day += 0.34 * random.standard_normal((DAY, volumes))
    twice = random.random(volumes) < TWICE_A_DAY
    day[DAY // 2 :, twice] = day[: DAY // 2, twice]
    pattern: Array = (day - day.mean(axis=0)) / day.std(axis=0)
    return pattern


def _kinds(random: Random, volumes: int, windows: int) -> list[Array]:
    """What load does not explain of write share, size and sequential share."""
    own = TOGETHER @ np.stack([_leaning(random, volumes), *random.standard_normal((2, volumes))])
    rest = np.sqrt(1 - WITHIN**2 - BETWEEN**2 - OF_VOLUME**2)
    noise = [
        remembering(random.standard_normal((windows, volumes)), np.full(volumes, KIND_MEMORY))
        for _ in range(3)
    ]
    mixed = np.tensordot(TOGETHER, np.stack(noise), axes=1)
    return list(OF_VOLUME[:, None, None] * own[:, None] + rest[:, None, None] * mixed)


def _leaning(random: Random, volumes: int) -> Array:
    """How much each volume is for writing; mean 0, standard deviation 1."""
    rest = np.sqrt(1 - WRITERS * WRITER**2 - (1 - WRITERS) * READER**2)
    role = np.where(random.random(volumes) < WRITERS, WRITER, READER)
    leaning: Array = role + rest * random.standard_normal(volumes)
    return leaning


def remembering(noise: Array, memory: Array) -> Array:
    """White noise (windows, volumes) made autoregressive in place, with the same variance."""
    fresh = np.sqrt(1 - memory**2)
    for before, now in pairwise(noise):
        now *= fresh
        now += memory * before
    return noise
