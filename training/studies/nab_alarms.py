"""Whether a detector keeps the false-alarm rate it was asked for: series that hold no anomaly.

Each kind is a random law; the seasonal ones have a daily wave five times as wide as the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

LONG, YOUNG = 40_000, 4_032
"""Points of a series: five months and two weeks of five minutes."""
STEP_S = 300.0
LAWS: dict[str, Callable[[np.random.Generator, int], Values]] = {
    "uniform": lambda random, count: random.uniform(size=count),
    "normal": lambda random, count: random.normal(size=count),
    "student_t3": lambda random, count: random.standard_t(3, count),
    "lognormal": lambda random, count: random.lognormal(size=count),
    "autoregressive": lambda random, count: _autoregressive(random.normal(size=count), 0.8),
    "poisson": lambda random, count: random.poisson(4, count).astype(np.float64),
}


def quiet(points: int, seed: int) -> Iterator[tuple[str, Values, Values]]:
    """Name, times and values of each kind, without and with a season."""
    times: Values = STEP_S * np.arange(points, dtype=np.float64)
    wave: Values = np.sin(2 * np.pi * times / 86400)
    for number, (name, law) in enumerate(LAWS.items()):
        noise = law(np.random.default_rng([seed, number]), points)
        plain: Values = 50 + noise
        yield name, times, plain
        seasonal: Values = 50 + noise + 5 * float(noise.std()) * wave
        yield f"{name}_seasonal", times, seasonal


def _autoregressive(shocks: Values, memory: float) -> Values:
    values = np.zeros(len(shocks))
    for row in range(1, len(shocks)):
        values[row] = memory * values[row - 1] + shocks[row]
    return values
