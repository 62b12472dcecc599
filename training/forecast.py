"""From forecast quantiles to when a limit is reached; numpy alone, since it also ships to functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reach:
    """Hours until a limit is reached; None where it is not within the last horizon.

    `hours` is the median's answer, `earliest` the upper quantile's, `latest` the lower quantile's.
    """

    hours: float | None
    earliest: float | None
    latest: float | None


def times_to(
    limits: Sequence[tuple[str, float]],
    current: float,
    horizons: Sequence[float],
    quantiles: NDArray[np.floating],
    levels: Sequence[float],
) -> Mapping[str, Reach]:
    """When each named limit is reached, by name.

    `quantiles` (horizons, levels) are the values forecast at `horizons` (hours, rising), `levels` which
    quantiles those are (rising). Between horizons the value lies on a line, from `current` at 0 hours on. A
    limit counts as reached when the highest value so far comes up to it: what is reached stays reached.
    ValueError where the shapes do not fit.
    """
    values = np.asarray(quantiles, np.float64)
    if values.shape != (len(horizons), len(levels)):
        raise ValueError(f"quantiles must be {(len(horizons), len(levels))}, got {values.shape}")
    hours = np.concatenate(([0.0], horizons))
    paths = np.maximum.accumulate(np.vstack((np.full(len(levels), current), values)))
    low, middle, high = 0, int(np.argmin(np.abs(np.array(levels) - 0.5))), len(levels) - 1
    return {
        name: Reach(*(_reached(paths[:, which], hours, limit) for which in (middle, high, low)))
        for name, limit in limits
    }


def _reached(path: Array, hours: Array, limit: float) -> float | None:
    """Hours at which the rising `path` comes up to `limit`."""
    after = int(np.searchsorted(path, limit, side="left"))
    if after == len(path):
        return None
    if after == 0:
        return 0.0
    low, high = path[after - 1], path[after]
    share = (limit - low) / (high - low)
    return float(hours[after - 1] + share * (hours[after] - hours[after - 1]))
