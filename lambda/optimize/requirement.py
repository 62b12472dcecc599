"""What is asked of a choice: the limits' values, and what counts as capacity."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.contract import Limit, Optimizer


@dataclass(frozen=True)
class Requirement:
    """`values` of the limits that are asked for, by name; `unit` is the supply that capacity counts."""

    optimizer: Optimizer
    values: Mapping[str, float]
    unit: Limit

    @classmethod
    def of(cls, optimizer: Optimizer, values: Mapping[str, float]) -> Requirement:
        """Capacity is the first supply that is asked for."""
        unit = next(limit for limit in optimizer.of("supply") if limit.name in values)
        return cls(optimizer, values, unit)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Those that are asked for and bound the choice."""
        return tuple(
            each for each in self.optimizer.limits if each.name in self.values and each.kind != "price"
        )

    @property
    def failures(self) -> int:
        return int(self._first("failures", 0))

    @property
    def fewest(self) -> int:
        """Groups without which no choice can do."""
        return max(int(self._first("groups", 1)), 1)

    @property
    def farthest(self) -> float:
        return self._first("distance", float("inf"))

    def asks(self, limit: Limit, value: float) -> Requirement:
        return dataclasses.replace(self, values={**self.values, limit.name: value})

    def without(self, *limits: Limit) -> Requirement:
        names = {limit.name for limit in limits}
        return dataclasses.replace(self, values={k: v for k, v in self.values.items() if k not in names})

    def _first(self, kind: str, otherwise: float) -> float:
        names = [limit.name for limit in self.optimizer.limits if limit.kind == kind]
        return next((self.values[name] for name in names if name in self.values), otherwise)
