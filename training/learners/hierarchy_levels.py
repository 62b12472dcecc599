"""Levels of a hierarchy and what the target was on each, drawn towards the level above.

A group is what shares the names of its level and of all levels above it. Its value is

    (sum of the target + m x value of the group above) / (count + m)

so that a group of few rows says little, and one without rows says what the one above it says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix

Codes = NDArray[np.int64]
Array = NDArray[np.float64]
LEAST_SHARED, MOST_SHARED = 1e-4, 0.99
"""Between these lies the share of the spread that groups have in common."""


@dataclass(frozen=True)
class Level:
    """The groups of one level: the numbers (names,) of its own names, and which `pairs` (groups,) of the
    group above and of the own name there are, both sorted. Group and name 0 are the unknown ones."""

    column: int
    names: Matrix
    pairs: Codes

    @classmethod
    def of(cls, column: int, numbers: Matrix, above: Codes) -> Level:
        known = ~np.isnan(numbers)
        names = np.unique(numbers[known]).astype(np.float32)
        level = cls(column, names, np.empty(0, np.int64))
        pairs = np.unique(level._paired(numbers, above)[known & (above > 0)])
        return cls(column, names, pairs)

    def groups(self, numbers: Matrix, above: Codes) -> Codes:
        """The group of each row, of its name and its group on the level above."""
        return _place(self.pairs, self._paired(numbers, above))

    def above(self) -> Codes:
        """The group above of each group, the unknown one first."""
        return np.append(0, self.pairs // (len(self.names) + 1))

    def _paired(self, numbers: Matrix, above: Codes) -> Codes:
        own = _place(self.names, numbers)
        return np.where(own > 0, above * (len(self.names) + 1) + own, 0)


def nested(levels: tuple[Level, ...], inputs: Matrix) -> list[Codes]:
    """The groups (rows,) of each level; the only group above the first level is 1."""
    found, above = [], np.ones(len(inputs), np.int64)
    for level in levels:
        above = level.groups(inputs[:, level.column], above)
        found.append(above)
    return found


def levels(columns: tuple[int, ...], inputs: Matrix) -> tuple[Level, ...]:
    """Of the chain of columns, from the rows' names."""
    found: list[Level] = []
    above = np.ones(len(inputs), np.int64)
    for column in columns:
        level = Level.of(column, inputs[:, column], above)
        above = level.groups(inputs[:, column], above)
        found.append(level)
    return tuple(found)


@dataclass(frozen=True)
class Sums:
    """Count (groups, folds) and sums of the outcomes (groups, folds, outcomes) of a level without the fold's
    own rows."""

    count: Array
    total: Array

    @classmethod
    def of(cls, group: Codes, groups: int, fold: Codes, folds: int, outcome: Array) -> Sums:
        place, size = group * folds + fold, groups * folds
        count = np.bincount(place, minlength=size).astype(np.float64).reshape(groups, folds)
        sums = np.stack([np.bincount(place, each, minlength=size) for each in outcome.T], axis=1)
        total: Array = sums.astype(np.float64).reshape(groups, folds, -1)
        if folds == 1:
            return cls(count, total)
        return cls(count.sum(1, keepdims=True) - count, total.sum(1, keepdims=True) - total)

    def pooled(self, above: Array, strength: float) -> Array:
        """Values (groups, folds, outcomes), drawn to those `above` with the strength of so many rows."""
        return (self.total + strength * above) / (self.count + strength)[:, :, None]


def strength(group: Codes, outcome: Array, above: Array) -> float:
    """How many rows the level above is worth, by the method of moments: where groups share the part r of
    the variance v that is left within the level above, a mean of n rows deviates by v (1 + (n - 1) r) / n.

    `above` (rows, outcomes) is the value of each row's group above. Classes are a Dirichlet-multinomial, two
    classes a beta-binomial, numbers the normal hierarchy: then 1/r - 1 is the sum of the prior's counts.
    """
    known = group > 0
    if not known.any():
        return 1.0 / LEAST_SHARED
    place, count = np.unique(group[known], return_inverse=True, return_counts=True)[1:]
    rest = (outcome - above)[known]
    spread = float((rest**2).sum() / len(rest))
    sums = np.stack([np.bincount(place, each) for each in rest.T], axis=1)
    between = float(((sums**2).sum(axis=1) / count).sum())
    room = spread * float((count - 1).sum())
    shared = (between - spread * len(count)) / room if room > 0 else 0.0
    shared = float(np.clip(shared, LEAST_SHARED, MOST_SHARED))
    return (1 - shared) / shared


def _place(known: NDArray[np.generic], asked: NDArray[np.generic]) -> Codes:
    """Place among the sorted, counted from 1; 0 where it is not among them."""
    if not len(known):
        return np.zeros(len(asked), np.int64)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, place + 1, 0).astype(np.int64)
