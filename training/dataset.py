"""The processed splits: what prepare writes and what train and evaluate read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

import outcomes
from catalog.contract import Contract
from columns import array, coded, numbers
from encoding import Matrix
from jobs import JobError

KNOWN = "known_target"
"""Column of the entity's latest label known at the row's time: for baselines, never a feature."""
ENTITY = "entity"


@dataclass(frozen=True)
class Rows:
    """Labelled rows: `features` (n, columns) unscaled, `target` and `known` (n,) class numbers or values,
    `entity` (n,) whole-number codes. `outcomes` (n, platforms x measures) are what each platform of a
    placement measured, empty elsewhere; `time` (n,) is when each record was taken, in epoch milliseconds,
    empty where nobody asks."""

    features: Matrix
    target: NDArray[np.float32]
    known: NDArray[np.float32]
    entity: NDArray[np.int64]
    outcomes: Matrix = field(default_factory=lambda: np.empty((0, 0), np.float32))
    time: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.target)

    def take(self, chosen: NDArray[np.int64]) -> Rows:
        told = self.outcomes[chosen] if len(self.outcomes) else self.outcomes
        time = self.time[chosen] if len(self.time) else self.time
        names = self.entity[chosen]
        return Rows(self.features[chosen], self.target[chosen], self.known[chosen], names, told, time)


class SplitWriter:
    """One split's Parquet file, written part by part, with the hash of its content."""

    def __init__(self, folder: Path, contract: Contract) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = _schema(contract)
        self._file = pq.ParquetWriter(
            folder / "part-00000.parquet",
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[ENTITY],
            write_statistics=False,
        )
        self._hash = hashlib.sha256()
        self.rows = 0

    def write(self, names: pa.Array, time: NDArray[np.int64], rows: Rows) -> None:
        """Adds rows; `names` of their entity codes, `time` in epoch milliseconds."""
        values = [*rows.features.T, rows.target, rows.known, *rows.outcomes.T]
        for column in (time, rows.entity, *values):
            self._hash.update(np.ascontiguousarray(column).data)
        self._hash.update("\n".join(names.to_pylist()).encode())
        columns = [
            names.take(array(rows.entity)),
            array(time).cast(self._schema.field("timestamp").type),
        ]
        columns += [array(column) for column in values]
        self._file.write_table(pa.table(columns, schema=self._schema))
        self.rows += len(rows)

    def close(self) -> str:
        """The content's SHA-256."""
        self._file.close()
        return self._hash.hexdigest()


def _schema(contract: Contract) -> pa.Schema:
    numbers = [*contract.columns, contract.target.name, KNOWN, *outcomes.columns(contract)]
    return pa.schema(
        [(ENTITY, pa.string()), ("timestamp", pa.timestamp("ms", tz="UTC"))]
        + [(name, pa.float32()) for name in numbers]
    )


def read(folder: Path, contract: Contract) -> Rows:
    """Every row of the split in `folder`; JobError where it holds none or other columns."""
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise JobError(f"{folder} holds no Parquet file; give a split that prepare.py wrote")
    measured = outcomes.columns(contract)
    columns = [*contract.columns, contract.target.name, KNOWN, *measured]
    try:
        table = pa.concat_tables(_table(path, columns) for path in paths)
        features = np.empty((len(table), len(contract.columns)), np.float32)
        for place, name in enumerate(contract.columns):
            features[:, place] = numbers(table[name])
        target, known = (numbers(table[name]) for name in (contract.target.name, KNOWN))
        time = numbers(table["timestamp"].cast(pa.int64())).astype(np.int64)
        beside = np.empty((len(table), len(measured)), np.float32)
        for place, name in enumerate(measured):
            beside[:, place] = numbers(table[name])
    except (pa.ArrowException, KeyError, OSError, TypeError) as error:
        raise JobError(f"{folder} does not hold a split of {contract.name}: {error}") from None
    if not len(table):
        raise JobError(f"{folder} holds no rows; give a split that prepare.py wrote")
    return Rows(features, target, known, coded(table[ENTITY])[0], beside, time)


def times(folder: Path) -> NDArray[np.int64]:
    """When each row's record was taken, in epoch milliseconds, in the order of `read`; the label is later by
    the target's horizon."""
    columns = [
        pq.ParquetFile(path).read(columns=["timestamp"], use_threads=False)["timestamp"]
        for path in sorted(folder.glob("*.parquet"))
    ]
    return np.concatenate([numbers(column.cast(pa.int64())) for column in columns]).astype(np.int64)


def _table(path: Path, columns: list[str]) -> pa.Table:
    return pq.ParquetFile(path).read(columns=[ENTITY, "timestamp", *columns], use_threads=False)


def read_metadata(folder: Path, contract: Contract) -> dict[str, Any]:
    """What prepare.py wrote about the splits; JobError where it belongs to another contract."""
    path = folder / "metadata.json"
    if not path.is_file():
        raise JobError(f"{path} is missing; give the metadata folder that prepare.py wrote")
    metadata: dict[str, Any] = json.loads(path.read_text())
    if metadata.get("contract_hash") != contract.hash:
        raise JobError(
            f"{path} was written for contract {metadata.get('contract_hash')}, "
            f"this code has {contract.name} {contract.hash}: prepare the data again"
        )
    return metadata
