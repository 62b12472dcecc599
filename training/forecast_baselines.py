"""What a forecast must beat: answers that need no learning.

`of` is called with the rows of a split by what evaluates a contract with `target.horizons`. A baseline is one
value for all quantiles: as a band it covers nothing, and its pinball loss is half the mean absolute error
where the levels lie evenly about the median.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract
from encoding import Matrix

Array = NDArray[np.float32]
DAY = 24.0


def of(features: Matrix, contract: Contract) -> dict[str, Array]:
    """Values (n,) by name, of unscaled rows (n, columns).

    `persistence`: the current value. `moving_mean_1h`: the mean of the last hour's readings, which is the
    current value where readings are hourly. `seasonal_24h`: the value of the last day at the same hour.
    What a row lacks is persistence's.
    """
    columns = {name: features[:, place] for place, name in enumerate(contract.columns)}
    now = columns[contract.target.ahead_of]
    mean = columns.get("rolling_mean_1h", now)
    found = {"moving_mean_1h": mean, "seasonal_24h": _day_before(columns, now, contract.target.horizons)}
    filled = {name: np.where(np.isnan(values), now, values) for name, values in found.items()}
    return {"persistence": now, **filled}


def _day_before(columns: dict[str, Array], now: Array, horizons: tuple[float, ...]) -> Array:
    """The value a whole number of days before the foretold one, the latest that is known by now."""
    values = np.full_like(now, np.nan)
    for hours in horizons:
        rows = columns["horizon_hours"] == np.float32(hours)
        change = columns.get(f"day_before_next_{hours:g}h")
        if hours % DAY == 0:
            values[rows] = now[rows]
        elif change is not None and "lag_24h" in columns:
            values[rows] = (columns["lag_24h"] + change)[rows]
    return values
