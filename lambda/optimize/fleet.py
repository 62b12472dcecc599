"""Options as columns, in an order that does not depend on the one they came in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Optimizer

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Fleet:
    """`options` are whole records. Distances between two groups are told either way; the longer counts."""

    optimizer: Optimizer
    options: Sequence[Mapping[str, Any]]
    distances: Mapping[tuple[str, str], float]
    most: Numbers
    """How many of each are to be had."""
    columns: Mapping[str, Numbers]
    """Numbers of the options by name; the empty name counts units."""

    @classmethod
    def of(
        cls,
        optimizer: Optimizer,
        options: Sequence[Mapping[str, Any]],
        distances: Mapping[tuple[str, str], float],
    ) -> Fleet:
        """By price, and by name where that is the same: the first of equals is preferred."""
        names = (optimizer.cost, *optimizer.identity)
        ordered = sorted(options, key=lambda option: tuple(option[name] for name in names))
        plenty, limits = optimizer.plenty, (limit.column for limit in optimizer.limits if limit.column)
        told = [min(plenty, option.get(optimizer.capacity, plenty)) for option in ordered]
        columns = {
            name: np.array([option[name] for option in ordered], np.float64)
            for name in dict.fromkeys((optimizer.cost, *limits))
        }
        most, units = np.array(told, np.float64), np.ones(len(ordered))
        return cls(optimizer, ordered, distances, most, {**columns, "": units})

    def __len__(self) -> int:
        return len(self.options)

    @cached_property
    def groups(self) -> list[str]:
        return sorted({option[self.optimizer.group] for option in self.options})

    @cached_property
    def group(self) -> Places:
        """Of each option, the place of its group."""
        places = {name: place for place, name in enumerate(self.groups)}
        return np.array([places[option[self.optimizer.group]] for option in self.options])

    @cached_property
    def members(self) -> list[Places]:
        """Places of each group's options."""
        return [np.flatnonzero(self.group == place) for place in range(len(self.groups))]

    @property
    def cost(self) -> Numbers:
        return self.columns[self.optimizer.cost]

    @cached_property
    def between(self) -> dict[tuple[int, int], float]:
        """The distance between two groups by their places, the lower first."""
        places = {name: place for place, name in enumerate(self.groups)}
        found: dict[tuple[int, int], float] = {}
        for ends, distance in self.distances.items():
            if all(end in places for end in ends):
                low, high = sorted(places[end] for end in ends)
                found[low, high] = max(distance, found.get((low, high), 0.0))
        return found

    @cached_property
    def alike(self) -> Places:
        """Of each option, the place of the first that is the same in every number."""
        numbers = np.column_stack([self.group, *(self.columns[name] for name in sorted(self.columns))])
        _, firsts, kinds = np.unique(numbers, axis=0, return_index=True, return_inverse=True)
        return firsts[kinds.ravel()]

    def only(self, places: Places) -> Fleet:
        return dataclasses.replace(
            self,
            options=[self.options[place] for place in places.tolist()],
            most=self.most[places],
            columns={name: column[places] for name, column in self.columns.items()},
        )

    def merged(self) -> tuple[Fleet, Places]:
        """One option for all that are alike, and their places here."""
        places = np.unique(self.alike)
        most = np.bincount(self.alike, self.most, len(self))[places]
        return dataclasses.replace(self.only(places), most=most.astype(np.float64)), places

    def settled(self, counts: Places) -> Places:
        """The same choice, of options that are alike the first ones first."""
        left = np.bincount(self.alike, counts, len(self))
        made = np.zeros(len(self), np.int64)
        for place in np.flatnonzero(left[self.alike] > 0).tolist():
            kind = self.alike[place]
            made[place] = min(left[kind], self.most[place])
            left[kind] -= made[place]
        return made

    def roomier(self) -> Fleet:
        """With one more of each option to be had."""
        return dataclasses.replace(self, most=np.minimum(self.optimizer.plenty, self.most + 1))
