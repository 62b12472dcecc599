"""What the types nearest to one say of its band: shares of the bands among known types of the same region,
weighted by how alike they are. A type's own rows never count, so a known one is told no more than a new one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from studies.spot_advisor_data import BANDS, Codes, Offer

Array = NDArray[np.float64]
FIRM, SOFT = 0.3, 0.1
"""Weight of all known rows beside the neighbours'."""
NEAR_SAVINGS, ALIKE_SAVINGS = 2.0, 4.0
"""Points of savings over which a weight falls to 1/e."""


@dataclass(frozen=True)
class Market:
    """All offers in a grid of regions and types; a cell holds one offer at most."""

    region: Codes
    kind: Codes
    band: Codes
    savings: Array
    likeness: dict[str, Array]
    apart: Array
    family: NDArray[np.bool_]

    @classmethod
    def of(cls, offers: list[Offer]) -> Market:
        region = np.unique([each.region for each in offers], return_inverse=True)[1]
        _, first, kind = np.unique(
            [each.instance_type for each in offers], return_index=True, return_inverse=True
        )
        types = [offers[place] for place in first]
        size = np.abs(_between(np.array([each.log_size for each in types])))
        generation = np.abs(_between(np.array([each.parts[1] for each in types])))
        memory = np.abs(_between(np.array([np.log2(each.memory_gb / each.vcpu) for each in types])))
        letters = np.array([[len({*a.parts[2]} ^ {*b.parts[2]}) for b in types] for a in types])
        family, series, maker = (
            _same([each.family for each in types]),
            _same([each.parts[0] for each in types]),
            _same([each.maker for each in types]),
        )
        alike = np.exp(-generation - memory / 0.7 - letters / 1.5)
        likeness = {
            "family": family * np.exp(-size / 0.7),
            "series": series * np.exp(-size / 0.7 - generation - letters / 1.5),
            "size": alike * np.exp(-size / 0.3),
            "traits": alike * np.exp(-size / 1.5),
            "maker": maker * np.exp(-size / 0.7 - memory / 0.5 - generation / 2),
        }
        others = 1 - np.eye(len(types))
        return cls(
            region,
            kind,
            np.array([each.band for each in offers]),
            np.array([each.savings for each in offers]),
            {name: each * others for name, each in likeness.items()},
            alike * np.exp(-size),
            family & (others > 0),
        )

    def columns(self, known: Codes, asked: Codes) -> Matrix:
        """Of the `asked` offers by the `known` ones (asked, columns)."""
        grid, savings = self._grid(known)
        prior = np.bincount(self.band[known], minlength=len(BANDS)) / len(known)
        place = self.region[asked], self.kind[asked]
        found = []
        for each in self.likeness.values():
            sums = np.einsum("ij,rjc->ric", each, grid)[place]
            found += [_shares(sums, prior, FIRM), sums.sum(axis=1, keepdims=True)]
        elsewhere = np.einsum("rs,sjc->rjc", _alike(grid), grid)
        for name in ("family", "series"):
            found.append(
                _shares(np.einsum("ij,rjc->ric", self.likeness[name], elsewhere)[place], prior, FIRM)
            )
        return np.hstack([*found, *self._by_savings(grid, savings, asked, prior)]).astype(np.float32)

    def _grid(self, known: Codes) -> tuple[Array, Array]:
        """Known bands (regions, types, bands) and savings (regions, types), NaN where there is no offer."""
        shape = int(self.region.max()) + 1, int(self.kind.max()) + 1
        grid, savings = np.zeros((*shape, len(BANDS))), np.full(shape, np.nan)
        grid[self.region[known], self.kind[known], self.band[known]] = 1
        savings[self.region[known], self.kind[known]] = self.savings[known]
        return grid, savings

    def _by_savings(self, grid: Array, savings: Array, asked: Codes, prior: Array) -> list[Array]:
        """Shares among types of like savings, of like savings and traits; and how the type's own savings
        differ from its family's in the region, and of how many."""
        near, alike = np.zeros((len(asked), len(BANDS))), np.zeros((len(asked), len(BANDS)))
        family = np.full((len(asked), 2), np.nan)
        for region in range(len(grid)):
            rows = np.flatnonzero(self.region[asked] == region)
            own, kind = self.savings[asked][rows], self.kind[asked][rows]
            there = ~np.isnan(savings[region]) & (kind[:, None] != np.arange(grid.shape[1]))
            away = np.abs(own[:, None] - np.nan_to_num(savings[region]))
            close = there * np.exp(-away / NEAR_SAVINGS)
            both = there * np.exp(-away / ALIKE_SAVINGS) * self.apart[kind]
            near[rows], alike[rows] = (_shares(each @ grid[region], prior, SOFT) for each in (close, both))
            kin = there & self.family[kind]
            count = kin.sum(axis=1)
            mean = (kin * np.nan_to_num(savings[region])).sum(axis=1) / np.maximum(count, 1)
            family[rows, 0] = np.where(count > 0, own - mean, np.nan)
            family[rows, 1] = count
        return [near, alike, family]


def _shares(sums: Array, prior: Array, strength: float) -> Array:
    found: Array = (sums + strength * prior) / (sums.sum(axis=1, keepdims=True) + strength)
    return found


def _alike(grid: Array) -> Array:
    """Of regions: how near the bands of the types are that both have."""
    there, level = grid.sum(axis=2), grid @ np.arange(grid.shape[2])
    both = there @ there.T
    squares = level**2 @ there.T + there @ (level**2).T - 2 * level @ level.T
    found: Array = np.exp(-squares / np.maximum(both, 1)) * (both > 0) * (1 - np.eye(len(grid)))
    return found


def _between(values: Array) -> Array:
    found: Array = values[:, None] - values[None, :]
    return found


def _same(names: list[str]) -> NDArray[np.bool_]:
    code = np.unique(names, return_inverse=True)[1]
    found: NDArray[np.bool_] = code[:, None] == code[None, :]
    return found
