"""The records of one bucket, each key once, ready for the encoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from catalog.contract import RecordSchema
from columns import array, coded, numbers
from encoding import Columns


@dataclass(frozen=True)
class Bucket:
    """Distinct records sorted by entity and time.

    The entities of `columns` are positions in `names`; `target` (n,) is NaN where unlabelled.
    """

    names: pa.Array
    columns: Columns
    target: NDArray[np.float64]


def distinct(table: pa.Table, features: tuple[str, ...], record: RecordSchema) -> Bucket:
    """Of records with the same keys the last one that came wins."""
    (entity, names), time = coded(table["entity"]), numbers(table["time"])
    order = np.lexsort((time, entity))
    entity, time = entity[order], time[order]
    last = np.ones(len(order), bool)
    last[:-1] = (np.diff(entity) != 0) | (np.diff(time) != 0)
    chosen = order[last]
    values = {name: numbers(table[name])[chosen] for name in features}
    texts = {text.name: table[text.name].take(array(chosen)).to_pylist() for text in record.texts}
    columns = Columns(entity[last], time[last], values, texts)
    return Bucket(names, columns, numbers(table["target"])[chosen])
