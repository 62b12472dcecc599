"""A linear programme as it grows: columns with their bounds, rows with theirs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimize.fleet import Numbers, Places

INFINITE = float("inf")


@dataclass
class Rows:
    """Sparse, by row; columns are numbered in the order they come."""

    places: list[Places] = field(default_factory=list)
    values: list[Numbers] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    """Upper bounds of the columns; the lower ones are 0."""
    whole: list[bool] = field(default_factory=list)
    """Whether the column takes whole numbers only."""

    @property
    def width(self) -> int:
        return len(self.whole)

    def columns(self, count: int, most: Numbers | float = INFINITE, *, whole: bool = False) -> Places:
        """Adds as many columns; their places."""
        first = self.width
        self.most += np.broadcast_to(most, count).tolist()
        self.whole += [whole] * count
        return np.arange(first, self.width)

    def add(
        self, *terms: tuple[Places, Numbers | float], low: float = -INFINITE, high: float = INFINITE
    ) -> None:
        """Adds the row low <= sum of the terms <= high; a column stands in one term only."""
        places, values = joined(*terms)
        self.places.append(places)
        self.values.append(values)
        self.low.append(low)
        self.high.append(high)


def joined(*terms: tuple[Places, Numbers | float]) -> tuple[Places, Numbers]:
    values = [np.broadcast_to(value, places.shape) for places, value in terms]
    return np.concatenate([places for places, _ in terms]), np.concatenate(values).astype(np.float64)
