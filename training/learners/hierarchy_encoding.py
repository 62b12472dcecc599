"""Rows with their names replaced by what the target was among those who share them.

Each row's own fold is left out of the values that it is trained with, and the folds hold out what the model
will meet: rows whose names are known, and whole names that are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from learners.hierarchy_levels import Array, Codes, Level, Sums, levels, nested, strength


@dataclass(frozen=True)
class Table:
    """A level's values (groups, outcomes) in float32 as the exported model reads them, and the share of each
    that comes from the group's `own` rows (groups,). The unknown group's are not read."""

    level: Level
    values: Matrix
    own: Matrix
    strength: float

    def to_json(self) -> dict[str, Any]:
        return {
            "column": self.level.column,
            "names": self.level.names.tolist(),
            "pairs": self.level.pairs.tolist(),
            "values": self.values.tolist(),
            "own": self.own.tolist(),
            "strength": self.strength,
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Table:
        names, pairs = np.array(found["names"], np.float32), np.array(found["pairs"], np.int64)
        values = np.array(found["values"], np.float32)
        own = np.array(found["own"], np.float32)
        return cls(Level(found["column"], names, pairs), values, own, found["strength"])


@dataclass(frozen=True)
class Pooling:
    """`numbers` are the columns that the trees read as they are, `root` (outcomes,) the value of all rows."""

    numbers: tuple[int, ...]
    root: Matrix
    chains: tuple[tuple[Table, ...], ...]

    @property
    def owners(self) -> list[int]:
        """The input column that each encoded column was made of."""
        made = [
            owner
            for chain in self.chains
            for owner in (
                *(table.level.column for table in chain for _ in self.root),
                chain[-1].level.column,
            )
        ]
        return [*self.numbers, *made]

    def encode(self, inputs: Matrix) -> Matrix:
        """(rows, encoded): the numbers; of each chain the values of each level, and how much of the last
        one's comes from its own rows."""
        parts = [inputs[:, list(self.numbers)]]
        for chain in self.chains:
            value = np.broadcast_to(self.root, (len(inputs), len(self.root)))
            own = np.zeros(len(inputs), np.float32)
            for table, group in zip(chain, nested(tuple(t.level for t in chain), inputs), strict=True):
                value = np.where(group[:, None] > 0, table.values[group], value)
                own = np.where(group > 0, table.own[group], np.float32(0))
                parts.append(value)
            parts.append(own[:, None])
        return np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32)


@dataclass(frozen=True)
class Levels:
    """The chains of a set of rows: their groups (rows,) level by level, and how strongly each level pools."""

    numbers: tuple[int, ...]
    chains: tuple[tuple[Level, ...], ...]
    groups: tuple[list[Codes], ...]
    strengths: tuple[tuple[float, ...], ...]

    @classmethod
    def of(
        cls,
        columns: tuple[tuple[int, ...], ...],
        named: set[int],
        inputs: Matrix,
        outcome: Array,
        pull: float,
    ) -> Levels:
        chains = tuple(levels(each, inputs) for each in columns)
        groups = tuple(nested(chain, inputs) for chain in chains)
        strengths = tuple(
            _strengths(chain, group, outcome, pull) for chain, group in zip(chains, groups, strict=True)
        )
        return cls(tuple(c for c in range(inputs.shape[1]) if c not in named), chains, groups, strengths)

    def pooling(self, outcome: Array) -> Pooling:
        """The tables of all rows, for rows to come."""
        none = np.zeros(len(outcome), np.int64)
        chains = tuple(
            tuple(
                Table(level, values[:, 0].astype(np.float32), own[:, 0].astype(np.float32), pull)
                for level, (values, own), pull in zip(chain, made, pulls, strict=True)
            )
            for chain, made, pulls in zip(
                self.chains, self._values(outcome, none, 1), self.strengths, strict=True
            )
        )
        return Pooling(self.numbers, outcome.mean(axis=0).astype(np.float32), chains)

    def out_of_fold(self, inputs: Matrix, outcome: Array, fold: Codes, folds: int) -> Matrix:
        """The rows as `Pooling.encode` gives them, each by the tables of the other folds."""
        parts = [inputs[:, list(self.numbers)]]
        for groups, made in zip(self.groups, self._values(outcome, fold, folds), strict=True):
            value = np.tile(outcome.mean(axis=0), (len(outcome), 1))
            for group, (values, _) in zip(groups, made, strict=True):
                value = np.where(group[:, None] > 0, values[group, fold], value)
                parts.append(value)
            parts.append(np.where(groups[-1] > 0, made[-1][1][groups[-1], fold], 0.0)[:, None])
        return np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32)

    def _values(self, outcome: Array, fold: Codes, folds: int) -> list[list[tuple[Array, Array]]]:
        """Of each chain's levels the values (groups, folds, outcomes) and the share (groups, folds) of them
        that comes from the group's own rows."""
        everything = Sums.of(np.zeros(len(fold), np.int64), 1, fold, folds, outcome)
        mean = everything.total / np.maximum(everything.count, 1)[:, :, None]
        found = []
        for chain, groups, pulls in zip(self.chains, self.groups, self.strengths, strict=True):
            above, made = np.repeat(mean, 2, axis=0), []
            for level, group, pull in zip(chain, groups, pulls, strict=True):
                parent = level.above()
                sums = Sums.of(group, len(parent), fold, folds, outcome)
                above = sums.pooled(above[parent], pull)
                made.append((above, sums.count / (sums.count + pull)))
            found.append(made)
        return found


def _strengths(
    chain: tuple[Level, ...], groups: list[Codes], outcome: Array, pull: float
) -> tuple[float, ...]:
    found: list[float] = []
    above = np.tile(outcome.mean(axis=0), (len(outcome), 1))
    for level, group in zip(chain, groups, strict=True):
        found.append(pull * strength(group, outcome, above))
        count = len(level.pairs) + 1
        sums = Sums.of(group, count, np.zeros(len(group), np.int64), 1, outcome)
        over = Sums.of(group, count, np.zeros(len(group), np.int64), 1, above)
        parents = over.total / np.maximum(over.count, 1)[:, :, None]
        values = sums.pooled(parents, found[-1])[:, 0]
        above = np.where(group[:, None] > 0, values[group], above)
    return tuple(found)


def folds_of(values: NDArray[Any] | None, count: int, folds: int, draw: np.random.Generator) -> Codes:
    """The fold of each of `count` rows; rows of one value share it. Rows without one are alone."""
    if values is None:
        return draw.integers(folds, size=count)
    known, place = np.unique(values, return_inverse=True)
    return (draw.permutation(len(known)) % folds)[place]
