"""How far a group's true risk may lie from what is foretold for it: as far as chance has led the trees, and
as far as a group may be from its like.

The first is the jackknife's variance of the boosters' log-odds, each of which was grown without one of
several parts of the rows: (parts - 1) x mean squared deviation.

For the second the log-odds of a group (all rows that share all names) are taken to deviate from the answer
by a normal deviation. Its standard deviation is the likeliest one for rows that were held out: once where
their names were known, once for each kind of name that was held out. What the latter has more is added in so
far as a row's own name is unknown:

    variance = known's + sum over kinds of name (its own - known's) x m / (m + rows of that name)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from learners.hierarchy_levels import Array, Level

NODES = 15
"""Of the Gauss-Hermite rule that the deviation is integrated with."""
SPREADS = np.concatenate(([0.0], np.geomspace(0.05, 3.0, 25)))
"""Standard deviations that are tried, in log-odds."""


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
    the interval's share of a normal deviation."""

    calm: int
    parts: int
    reach: float
    known: float
    unknown: tuple[Unknown, ...]

    def around(self, log_odds: Matrix, of_boosters: Matrix, inputs: Matrix) -> Matrix:
        """Bounds (rows, 2) of the risk, from its log-odds (rows,) and each booster's (rows, boosters)."""
        off = of_boosters - of_boosters.mean(axis=1, keepdims=True)
        variance: Matrix = np.square(off).mean(axis=1) * np.float32(self.parts - 1) + np.float32(self.known)
        for each in self.unknown:
            variance = variance + each(inputs)
        away = np.sqrt(variance) * np.float32(self.reach)
        ends = np.stack((log_odds - away, log_odds + away), axis=1)
        found: Matrix = np.float32(1) / (np.float32(1) + np.exp(-ends))
        return found


def spread(log_odds: NDArray[Any], happened: NDArray[np.bool_], groups: Sequence[Any]) -> float:
    """The likeliest standard deviation of the groups' log-odds from those that were foretold (rows,)."""
    order = np.argsort(np.asarray(groups), kind="stable")
    first = np.flatnonzero(np.diff(np.asarray(groups)[order], prepend=-1))
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    signed = np.where(happened, 1.0, -1.0)[order]
    centre = log_odds.astype(np.float64)[order]

    def likelihood(tried: float) -> float:
        logs = np.stack([-np.logaddexp(0, -signed * (centre + tried * node)) for node in nodes])
        of_group = np.add.reduceat(logs, first, axis=1) + np.log(weights / weights.sum())[:, None]
        top = of_group.max(axis=0)
        return float((top + np.log(np.exp(of_group - top).sum(axis=0))).sum())

    found: Array = np.array([likelihood(tried) for tried in SPREADS])
    return float(SPREADS[int(found.argmax())])
