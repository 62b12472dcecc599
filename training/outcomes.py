"""From measurements to labels: which platform served a request better, where both did.

A request that one platform alone served teaches nothing: what the other would have done is not known, and a
request like it, served there, fares differently. So production has both platforms serve a share of its
requests, drawn by chance.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from catalog.contract import MEASURES, PLATFORM, Contract
from columns import array, coded, numbers

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def columns(contract: Contract) -> tuple[str, ...]:
    """What a split holds of each platform beside the label; nothing where no platform is chosen."""
    if contract.placement is None:
        return ()
    return tuple(f"{measure}[{platform}]" for platform in contract.target.classes for measure in MEASURES)


def paired(table: pa.Table, contract: Contract) -> pa.Table:
    """Measurements as labelled requests: the better platform's number in `target`, and what each platform
    measured in the columns of `columns`. Requests that lack a platform are left out."""
    request, side = coded(table["entity"])[0], numbers(table[PLATFORM]).astype(np.int64)
    both = _pairs(request, side)
    measured = np.column_stack([numbers(table[name]) for name in MEASURES])[both]
    kept = table.take(array(both[:, 0])).drop_columns([*MEASURES, PLATFORM, "target"])
    kept = kept.append_column("target", array(better(measured, contract).astype(np.float64)))
    for name, values in zip(columns(contract), measured.reshape(len(both), 2 * len(MEASURES)).T, strict=True):
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


def _pairs(request: Index, side: Index) -> Index:
    """Places (pairs, platforms) of the measurements of each request on both platforms, the last that came."""
    newest = np.full((request.max(initial=-1) + 1, 2), -1)
    newest[request, side] = np.arange(len(request))
    found: Index = newest[(newest >= 0).all(axis=1)]
    return found
