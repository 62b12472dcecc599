"""What is told of an offer beside its nearest types: bands of wider groups it belongs to, and where and for
what savings its type and family are offered. A type's own bands never count; savings are no bands, so those
of all offers do, also of types that are in no training row."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from encoding import Matrix
from studies.spot_advisor_data import BANDS, NAMES, Codes, Offer

Array = NDArray[np.float64]
GROUPS = {
    ("region",): 20, ("family",): 5, ("region", "generation"): 5, ("region", "maker"): 10,
    ("region", "size"): 5, ("country", "family"): 4, ("size", "maker"): 10, ("series",): 10,
    ("region", "series"): 4, ("size", "series"): 5,
}  # fmt: skip
"""Names that a group shares, and how many rows of all the mean of all is worth beside its own."""


def groups(offers: list[Offer], known: Codes, asked: Codes) -> Matrix:
    """Shares of the bands among known rows of other types, and their number (asked, columns)."""
    names = np.array([each.names() for each in offers])
    bands = np.array([each.band for each in offers])
    prior = np.bincount(bands[known], minlength=len(BANDS)) / len(known)
    found = []
    for shared, worth in GROUPS.items():
        group = _codes(names[:, [NAMES.index(name) for name in shared]])
        own = _codes(np.column_stack((group, _codes(names[:, [NAMES.index("instance_type")]]))))
        others = _counts(group, bands, known)[group[asked]] - _counts(own, bands, known)[own[asked]]
        count = others.sum(axis=1, keepdims=True)
        found += [(others + worth * prior) / (count + worth), count]
    return np.hstack(found).astype(np.float32)


def savings(offers: list[Offer], windows: list[Offer]) -> Matrix:
    """How an offer's savings lie among its type's, its region's and its family's, those of the same offer
    with Windows, and in how many regions its type and family are (offers, columns)."""
    region, kind = (_codes(np.array([getattr(o, n) for o in offers])) for n in ("region", "instance_type"))
    family = np.unique([each.family for each in offers], return_inverse=True)[1]
    own = np.array([each.savings for each in offers])
    grid = np.full((region.max() + 1, kind.max() + 1), np.nan)
    grid[region, kind] = own
    there = ~np.isnan(grid)
    of_family = np.zeros(grid.shape[1], np.int64)
    of_family[kind] = family
    of_region, of_type = _means(grid, 1), _means(grid, 0)
    kin = [np.where(of_family == each, grid, np.nan) for each in range(family.max() + 1)]
    mean, spread = (np.stack([each(one, 1) for one in kin], axis=1) for each in (_means, _spreads))
    sizes = np.stack([(~np.isnan(one)).sum(axis=1) for one in kin], axis=1)
    other = {(each.region, each.instance_type): each.savings for each in windows}
    beside = np.array([other.get((each.region, each.instance_type), np.nan) for each in offers])
    columns = (
        there.sum(axis=0)[kind], of_type[kind], _spreads(grid, 0)[kind], of_region[region],
        _spreads(grid, 1)[region], own - of_region[region], own - of_type[kind],
        _means(grid - of_region[:, None], 0)[kind], _ranks(grid)[region, kind], _ranks(grid.T)[kind, region],
        there.sum(axis=1)[region], (sizes > 0).sum(axis=0)[family], sizes[region, family],
        mean[region, family], spread[region, family], beside, own - beside, np.isnan(beside),
        *_next_sizes(offers, region, family),
    )  # fmt: skip
    return np.column_stack(columns).astype(np.float32)


def _next_sizes(offers: list[Offer], region: Codes, family: Codes) -> list[Array]:
    """What the next smaller and the next larger of the family saves more in the region."""
    size = np.array([each.log_size for each in offers])
    own = np.array([each.savings for each in offers])
    found = [np.full(len(offers), np.nan), np.full(len(offers), np.nan)]
    group = _codes(np.column_stack((region, family)))
    for each in range(int(group.max()) + 1):
        rows = np.flatnonzero(group == each)
        away = size[rows] - size[rows][:, None]
        for more, side in zip(found, (-1, 1), strict=True):
            far = np.where(away * side > 0, np.abs(away), np.inf)
            near = far.argmin(axis=1)
            more[rows] = np.where(np.isfinite(far.min(axis=1)), own[rows][near] - own[rows], np.nan)
    return found


def _counts(group: Codes, bands: Codes, known: Codes) -> Array:
    flat = np.bincount(
        group[known] * len(BANDS) + bands[known], minlength=(int(group.max()) + 1) * len(BANDS)
    )
    return flat.reshape(-1, len(BANDS)).astype(np.float64)


def _codes(keys: NDArray[np.generic]) -> Codes:
    found: Codes = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    return found


def _ranks(grid: Array) -> Array:
    """Of each value in its row, from 0 to 1."""
    order = np.argsort(np.argsort(grid, axis=1, kind="stable"), axis=1, kind="stable")
    found: Array = order / (~np.isnan(grid)).sum(axis=1, keepdims=True)
    return found


def _means(grid: Array, axis: int) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of groups that a region does not offer
        found: Array = np.nanmean(grid, axis=axis)
    return found


def _spreads(grid: Array, axis: int) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found: Array = np.nanstd(grid, axis=axis)
    return found
