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
    more: int = 0
    """How many more are to be had than told, of each option."""

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
        return cls(optimizer, ordered, distances)

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

    @cached_property
    def most(self) -> Numbers:
        """How many of each are to be had."""
        name, plenty = self.optimizer.capacity, self.optimizer.plenty
        told = [min(plenty, option.get(name, plenty) + self.more) for option in self.options]
        return np.array(told, np.float64)

    @cached_property
    def columns(self) -> dict[str, Numbers]:
        """Numbers of the options by name; the empty name counts units."""
        limits = [limit.column for limit in self.optimizer.limits if limit.column]
        names = dict.fromkeys((self.optimizer.cost, *limits))
        found = {name: np.array([each[name] for each in self.options], np.float64) for name in names}
        return {**found, "": np.ones(len(self))}

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

    def within(self, groups: Sequence[int]) -> tuple[Fleet, Places]:
        """Only the options of these groups, and their places here."""
        chosen = np.flatnonzero(np.isin(self.group, groups))
        return dataclasses.replace(self, options=[self.options[place] for place in chosen.tolist()]), chosen

    def roomier(self) -> Fleet:
        """With one more of each option to be had."""
        return dataclasses.replace(self, more=self.more + 1)
