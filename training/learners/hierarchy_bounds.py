"""How far a row's true risk may lie from what is foretold for it: as far as chance has led the trees, and
as far as rows of its like were off.

The first is the jackknife's variance of the boosters' log-odds, each of which was grown without one of
several parts of the rows: (parts - 1) x mean squared deviation.

The second is learned from held-out rows (hierarchy_spread): what rows with all names in common share at any
time, and what rows of a level share within a day and no longer, each by what a record lacks. A name without
rows adds what rows deviate more whose name was held out, in so far as it is unknown:

    variance = known's + sum over what is missing's own
             + sum over kinds of name its own x m / (m + rows of that name)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from encoding import Matrix
from learners.hierarchy_levels import Level
from learners.hierarchy_spread import centre


@dataclass(frozen=True)
class Unknown:
    """Of one kind of name: how much variance a name without rows adds, and the share of it (names + 1,) that
    each known name keeps, the unknown one first."""

    level: Level
    variance: float
    kept: Matrix

    def __call__(self, inputs: Matrix) -> Matrix:
        group = self.level.groups(inputs[:, self.level.column], np.ones(len(inputs), np.int64))
        found: Matrix = self.kept[group] * np.float32(self.variance)
        return found

    def to_json(self) -> dict[str, Any]:
        level = self.level
        return {
            "column": level.column,
            "names": level.names.tolist(),
            "pairs": level.pairs.tolist(),
            "variance": self.variance,
            "kept": self.kept.tolist(),
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Unknown:
        names, pairs = np.array(found["names"], np.float32), np.array(found["pairs"], np.int64)
        return cls(
            Level(found["column"], names, pairs), found["variance"], np.array(found["kept"], np.float32)
        )


@dataclass(frozen=True)
class Bounds:
    """`parts` is how many parts one way of holding out has; `reach` standard deviations to each side hold
    the interval's share of a normal deviation. `known` is the variance of a row that lacks nothing, `missing`
    (columns and variances) what each empty column adds."""

    calm: int
    parts: int
    reach: float
    known: float
    missing: tuple[tuple[int, float], ...]
    unknown: tuple[Unknown, ...]

    def around(self, log_odds: Matrix, of_boosters: Matrix, inputs: Matrix) -> Matrix:
        """Bounds (rows, 2) of the risk, from its log-odds (rows,) and each booster's (rows, boosters)."""
        off = of_boosters - of_boosters.mean(axis=1, keepdims=True)
        variance: Matrix = np.square(off).mean(axis=1) * np.float32(self.parts - 1) + np.float32(self.known)
        for column, part in self.missing:
            variance = variance + np.isnan(inputs[:, column]).astype(np.float32) * np.float32(part)
        for each in self.unknown:
            variance = variance + each(inputs)
        middle, away = centre(log_odds, variance), np.sqrt(variance) * np.float32(self.reach)
        ends = np.stack((middle - away, middle + away), axis=1)
        found: Matrix = np.float32(1) / (np.float32(1) + np.exp(-ends))
        return found
