"""From measurements to labels: which platform served a request better, where each was measured.

A request measured on both platforms is its own pair. One measured on a single platform is set beside the
measurement of the other platform that is most like it: the same categories and the nearest payload. So
production's one-sided measurements can be learned from, as long as some of each platform exist for every
kind of request: exploration sees to that.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from catalog.contract import MEASURES, PLATFORM, Contract
from columns import array, coded, numbers

Array = NDArray[np.float64]
Index = NDArray[np.int64]

KIND = "kind"
"""Column that names the categories of a request: what is compared lies in one bucket."""
FARTHEST = float(np.log(2))
"""Payloads are compared up to twice each other's size."""


def columns(contract: Contract) -> tuple[str, ...]:
    """What a split holds of each platform beside the label; nothing where no platform is chosen."""
    if contract.placement is None:
        return ()
    return tuple(f"{measure}[{platform}]" for platform in contract.target.classes for measure in MEASURES)


def paired(table: pa.Table, contract: Contract) -> pa.Table:
    """Measurements of one bucket as labelled requests: the better platform's number in `target`, and what
    each platform measured in the columns of `columns`. Requests without a counterpart are left out."""
    rows = _latest(table)
    (request, _), side = coded(table["entity"]), numbers(table[PLATFORM]).astype(np.int64)
    measured = np.column_stack([numbers(table[name]) for name in MEASURES])
    here, there = _counterparts(table, rows, request, side)
    both = np.empty((len(here), 2, len(MEASURES)))
    both[np.arange(len(here)), side[here]] = measured[here]
    both[np.arange(len(here)), 1 - side[here]] = measured[there]
    kept = table.take(array(here)).drop_columns([*MEASURES, PLATFORM, KIND, "target"])
    kept = kept.append_column("target", array(better(both, contract).astype(np.float64)))
    for name, values in zip(columns(contract), both.reshape(len(here), 2 * len(MEASURES)).T, strict=True):
        kept = kept.append_column(name, array(values))
    return kept


def burdens(outcomes: Array, contract: Contract) -> Array:
    """(n, platforms) in US dollars, of `outcomes` (n, platforms, measures)."""
    assert contract.placement  # noqa: S101 - asked for by contracts that have one
    latency, cost, error = (outcomes[:, :, MEASURES.index(name)] for name in MEASURES)
    found: Array = contract.placement.burden_usd(latency_ms=latency, cost_usd=cost, error=error)  # type: ignore[arg-type, assignment]
    return found


def better(outcomes: Array, contract: Contract) -> Index:
    """Number of the platform with the least burden (n,), the first one where they are alike."""
    found: Index = np.argmin(burdens(outcomes, contract), axis=1)
    return found


def _latest(table: pa.Table) -> Index:
    """Of the measurements of one request on one platform the last that came, as places in the table."""
    request, side = coded(table["entity"])[0], numbers(table[PLATFORM]).astype(np.int64)
    key = (2 * request + side)[::-1]
    place: Index = len(key) - 1 - np.unique(key, return_index=True)[1]
    return np.sort(place)


def _counterparts(table: pa.Table, rows: Index, request: Index, side: Index) -> tuple[Index, Index]:
    """Places of the measurements to label, and of what each is compared with."""
    order = rows[np.argsort(request[rows], kind="stable")]
    twice = np.flatnonzero(np.diff(request[order]) == 0)
    here, there = [order[twice]], [order[twice + 1]]
    single = np.setdiff1d(order, np.concatenate((order[twice], order[twice + 1])))
    kind, size = coded(table[KIND])[0], np.log(numbers(table["payload_size_kb"]))
    for found, nearest in _nearest(single, order, kind, size, side):
        here.append(found)
        there.append(nearest)
    return np.concatenate(here), np.concatenate(there)


def _nearest(
    single: Index, known: Index, kind: Index, size: Array, side: Index
) -> Iterator[tuple[Index, Index]]:
    """Of each kind and platform: the single measurements and those of the other platform nearest in size."""
    for group in np.unique(kind[single]):
        own, others = single[kind[single] == group], known[kind[known] == group]
        for platform in (0, 1):
            asked = own[side[own] == platform]
            pool = others[side[others] != platform]
            pool = pool[np.argsort(size[pool], kind="stable")]
            if not len(asked) or not len(pool):
                continue
            right = np.clip(np.searchsorted(size[pool], size[asked]), 1, max(len(pool) - 1, 1))
            choices = np.stack((pool[right - 1], pool[np.minimum(right, len(pool) - 1)]))
            away = np.abs(size[choices] - size[asked])
            best = np.argmin(away, axis=0)
            near = away[best, np.arange(len(asked))] <= FARTHEST
            yield asked[near], choices[best, np.arange(len(asked))][near]
