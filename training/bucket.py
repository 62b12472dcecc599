"""The records of one bucket, each key once, ready for the encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import outcomes
from catalog.contract import Contract
from columns import array, coded, numbers
from encoding import Columns


@dataclass(frozen=True)
class Bucket:
    """Distinct records sorted by entity and time.

    The entities of `columns` are positions in `names`; `target` (n,) is NaN where unlabelled. `outcomes`
    (n, platforms x measures) are what a placement's platforms measured.
    """

    names: pa.Array
    columns: Columns
    target: NDArray[np.float64]
    outcomes: NDArray[np.float64]


def distinct(table: pa.Table, features: tuple[str, ...], contract: Contract) -> Bucket:
    """Of records with the same keys the last one that came wins."""
    measured = outcomes.columns(contract)
    (entity, names), time = coded(table["entity"]), numbers(table["time"])
    order = np.lexsort((time, entity))
    entity, time = entity[order], time[order]
    last = np.ones(len(order), bool)
    last[:-1] = (np.diff(entity) != 0) | (np.diff(time) != 0)
    chosen = order[last]
    values = {name: numbers(table[name])[chosen] for name in features}
    texts = {text.name: table[text.name].take(array(chosen)).to_pylist() for text in contract.record.texts}
    columns = Columns(entity[last], time[last], values, texts)
    beside = np.empty((len(chosen), len(measured)))
    for place, name in enumerate(measured):
        beside[:, place] = numbers(table[name])[chosen]
    return Bucket(names, columns, numbers(table["target"])[chosen], beside)
