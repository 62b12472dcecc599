"""An optimiser as data: what may be chosen, under which limits, at what price.

Standard library only, Python 3.11: this file ships in every function, job and endpoint. An option is a record
of the contract's schema; the answer is how many of each. Options lie in groups, such as zones.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from catalog.fields import Feature

LimitKind = Literal["supply", "cost", "mean", "groups", "share", "failures", "distance", "price"]
"""What a limit bounds: `supply`, the least sum of a column; `cost`, the most that the choice may cost;
`mean`, the most that a column may be on average, by capacity; `groups`, the fewest that are used; `share`,
the most of the capacity that one of them may hold; `failures`, how many of them may fail with each supply
still there; `distance`, the most between any two that are used. `price` bounds nothing: it is what one of a
column costs."""
LEAST: tuple[LimitKind, ...] = ("supply", "groups", "failures")
"""Kinds that ask for at least their value; the others allow at most theirs."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One field of a requirement: absent where it is left out and has no default."""

    feature: Feature
    kind: LimitKind
    column: str = ""
    """The feature of the options that it bounds, of a supply, mean or price; of a supply, `` counts units."""
    step: float = 1.0
    """By how much it is relaxed to tell what it costs."""
    digits: int = 0
    """Decimals of a value that it must be relaxed to."""

    @property
    def name(self) -> str:
        return self.feature.name

    @property
    def least(self) -> bool:
        return self.kind in LEAST


@dataclass(frozen=True, kw_only=True)
class Distances:
    """The field of a request that lists distances between groups: two `ends` and the number, either way."""

    field: str
    ends: tuple[str, str]
    feature: Feature
    most: int


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A feature of options that another model tells where callers leave it out: the risk in its answer.

    It is asked about options whose feature `among` has that category only; of others the feature is 0.
    """

    feature: str
    model: str
    among: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Search:
    """What bounds the solver. All but `seconds` give the same answer everywhere; those, of all solving for a
    request, are for what nobody foresaw."""

    gap: float
    """Relative: an answer this close to the bound is proven best."""
    columns: int
    """Options that the relaxation puts first, among which whole numbers are sought."""
    most_columns: int
    """Options among which they are sought again, where more may be part of a better answer."""
    sets: int
    """Sets of groups that may be used together, each with a programme of its own."""
    nodes: int
    """Of the branch-and-bound tree of one programme."""
    effort: int
    """Rounds of cuts and steps in the tree of one programme."""
    more_effort: int
    """As many more of all programmes that explain an answer."""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """A mixed-integer programme over up to `most_options` options."""

    options: str
    """Field of a request that lists them."""
    most_options: int
    requirement: str
    """Field of a request that holds the limits' values."""
    limits: tuple[Limit, ...]
    group: str
    """Key of an option that names the group it lies in."""
    most_groups: int
    example_groups: tuple[str, ...]
    """Groups of the options in the documented request."""
    identity: tuple[str, ...]
    """Fields whose values no two options share."""
    cost: str
    """Feature of an option: what one costs."""
    capacity: str
    """Feature of an option: how many there are to be had."""
    plenty: int
    """How many, where the capacity is left out."""
    distances: Distances | None = None
    estimate: Estimate | None = None
    search: Search

    def of(self, *kinds: LimitKind) -> tuple[Limit, ...]:
        """The limits of these kinds, in order."""
        return tuple(limit for limit in self.limits if limit.kind in kinds)

    @property
    def agreed(self) -> tuple[object, ...]:
        """What makes it answer as it does."""
        limits = [(limit.name, limit.kind, limit.column, limit.feature.default) for limit in self.limits]
        bounds = [self.most_options, self.most_groups, self.plenty]
        return (limits, bounds, self.group, self.cost, self.capacity, *dataclasses.astuple(self.search))
