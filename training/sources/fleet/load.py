"""How much I/O each volume gets, of which kind: daily rhythm, memory and bursts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sources.fleet import quantiles

Array = NDArray[np.float64]
Random = np.random.Generator

DAY = 48
"""Windows in a day."""

WITHIN = np.array([-0.60, 0.40, -0.35])
"""What a busy window does to write share, operation size and sequential share (standard deviations)."""
BETWEEN = np.array([-0.15, 0.30, -0.15])
"""The same for a busy volume."""
OF_VOLUME = np.array([0.60, 0.60, 0.60])
"""What stays with the volume; the rest comes and goes."""
TOGETHER = np.linalg.cholesky(np.array([[1.0, 0.05, -0.30], [0.05, 1.0, -0.30], [-0.30, -0.30, 1.0]]))
"""How these three go together where load does not say it."""
KIND_MEMORY = 0.6


@dataclass(frozen=True)
class Load:
    """Arrays (windows, volumes)."""

    iops: Array
    write_share: Array
    io_kb: Array
    sequential: Array


def draw(random: Random, volumes: int, windows: int) -> Load:
    busy = random.standard_normal(volumes)
    mean = quantiles.log_of(busy, quantiles.MEAN_IOPS_OF_VOLUME)
    spread = np.clip(random.normal(1.15, 0.42, volumes), 0.15, 2.1)
    level = _level(random, volumes, windows)
    kinds = [
        WITHIN[i] * level + BETWEEN[i] * busy + rest
        for i, rest in enumerate(_kinds(random, volumes, windows))
    ]
    return Load(
        iops=np.exp(mean - spread**2 / 2 + spread * level),
        write_share=quantiles.share_of(kinds[0], quantiles.WRITE_SHARE),
        io_kb=np.exp(quantiles.log_of(kinds[1], quantiles.IO_KB)),
        sequential=quantiles.share_of(kinds[2], quantiles.SEQUENTIAL_SHARE),
    )


def _level(random: Random, volumes: int, windows: int) -> Array:
    """The log of the load around its mean, standard deviation 1: a daily pattern, memory and the moment."""
    daily = np.where(random.random(volumes) < 0.65, random.beta(1.6, 2.2, volumes), 0.0)
    lasting = (1 - daily) * random.beta(2.2, 1.2, volumes)
    memory = random.beta(4, 1.6, volumes)
    pattern = _pattern(random, volumes)
    return (
        np.sqrt(daily) * pattern[np.arange(windows) % DAY]
        + np.sqrt(lasting) * remembering(random.standard_normal((windows, volumes)), memory)
        + np.sqrt(1 - daily - lasting) * random.standard_normal((windows, volumes))
    )


def _pattern(random: Random, volumes: int) -> Array:
    """A day as each volume has it: office hours and a few scheduled jobs; mean 0, standard deviation 1."""
    hour = np.arange(DAY)[:, None] / DAY
    office = np.cos(2 * np.pi * (hour - random.normal(0.6, 0.12, volumes)))
    jobs = sum(
        random.uniform(0, 3, volumes) * (np.abs((hour - random.random(volumes) + 0.5) % 1 - 0.5) < 0.03)
        for _ in range(3)
    )
    day = random.uniform(0, 1, volumes) * office + jobs + 0.3 * random.standard_normal((DAY, volumes))
    return (day - day.mean(axis=0)) / day.std(axis=0)


def _kinds(random: Random, volumes: int, windows: int) -> list[Array]:
    """What load does not explain of write share, size and sequential share."""
    own = TOGETHER @ random.standard_normal((3, volumes))
    rest = np.sqrt(1 - WITHIN**2 - BETWEEN**2 - OF_VOLUME**2)
    noise = [
        remembering(random.standard_normal((windows, volumes)), np.full(volumes, KIND_MEMORY))
        for _ in range(3)
    ]
    mixed = [sum(TOGETHER[i, j] * noise[j] for j in range(i + 1)) for i in range(3)]
    return [OF_VOLUME[i] * own[i] + rest[i] * mixed[i] for i in range(3)]


def remembering(noise: Array, memory: Array) -> Array:
    """White noise (windows, volumes) made to remember, in place: first-order autoregression, same variance."""
    fresh = np.sqrt(1 - memory**2)
    for before, now in zip(noise, noise[1:], strict=False):
        now *= fresh
        now += memory * before
    return noise
