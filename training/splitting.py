"""Records to splits in one pass: what the processing job does with what it reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

import buckets
import outcomes
import raw_records
import truth
import windows
from bucket import Bucket, distinct
from by_name import ByName
from catalog.contract import Contract
from columns import numbers
from dataset import Rows, SplitWriter
from encoding import Columns, Encoder, Matrix
from jobs import JobError
from raw_records import Source
from reference import Reference
from splits import NAMES, Cuts, Timeline
from summary import Summary, iso
from truth import Truth


@dataclass(frozen=True)
class _Inputs:
    """What the model may read at each record of a bucket: its features and how many rows before it."""

    features: Matrix
    before: NDArray[np.int64]
    steps: int

    @classmethod
    def of(cls, columns: Columns, encoder: Encoder) -> _Inputs:
        steps, reach = encoder.contract.steps, windows.reach(encoder.contract.record)
        before = windows.known(columns.entity, columns.time, steps, reach)
        return cls(encoder.features(columns), before, steps)

    def at(self, place: NDArray[np.int64], hours: NDArray[np.float64] | None) -> Matrix:
        """The model's columns (len(place), columns), stored column by column."""
        inputs = windows.flat(self.features, self.before, place, self.steps)
        if hours is None:
            return inputs
        return np.asfortranarray(np.column_stack((inputs, hours.astype(np.float32))))


class Splitting:
    """One pass over the records: what has been written, counted and fitted so far."""

    def __init__(self, output: Path, contract: Contract, source: Source) -> None:
        self.contract, self.source, self.encoder = contract, source, Encoder.of(contract)
        self.timeline, self.scaler, self.reference = Timeline(), StandardScaler(), Reference(contract)
        self.named = ByName(contract)
        self.writers = [SplitWriter(output / name, contract) for name in NAMES]
        self.summaries = [Summary(contract) for _ in NAMES]
        self.counts = dict.fromkeys(("read", "duplicates", "unlabelled", "gap"), 0)
        if contract.placement:
            self.counts["unpaired"] = 0

    def run(self) -> dict[str, Any]:
        cuts: Cuts | None = None
        width = len(self.contract.columns) * max(1, len(self.contract.target.horizons))
        for table in buckets.by_entity(self._counted(), buckets.count_for(self.source.rows, width)):
            cuts = cuts or self.timeline.cuts(truth.gap_hours(self.contract.target))
            table = self._labelled(table)
            bucket = distinct(table, self.source.features, self.contract)
            self.counts["duplicates"] += len(table) - len(bucket.target)
            self._write(bucket, cuts)
        return self._facts(cuts or self.timeline.cuts(0))

    def _labelled(self, table: pa.Table) -> pa.Table:
        """The records themselves, or the requests that their measurements tell of."""
        if not self.contract.placement:
            return table
        requests = outcomes.paired(table, self.contract)
        self.counts["unpaired"] += len(pc.unique(table["entity"])) - len(requests)
        return requests

    def _counted(self) -> Iterator[pa.Table]:
        """The tables as they are read; the times of their labelled records are counted in passing."""
        for table in raw_records.tables(self.source, self.contract):
            self.timeline.add(numbers(table["time"])[truth.told(table, self.contract)])
            self.counts["read"] += len(table)
            yield table

    def _write(self, bucket: Bucket, cuts: Cuts) -> None:
        columns, found = bucket.columns, Truth.of(bucket, self.contract.target, cuts.horizon)
        part = cuts.assign(columns.time)[found.place]
        self.counts["unlabelled"] += len(columns.time) - len(np.unique(found.place))
        self.counts["gap"] += int((part < 0).sum())
        inputs = _Inputs.of(columns, self.encoder)
        for number, (writer, summary) in enumerate(zip(self.writers, self.summaries, strict=True)):
            chosen = np.flatnonzero(part == number)
            if not len(chosen):
                continue
            place, hours = found.place[chosen], None if found.hours is None else found.hours[chosen]
            target, known = (column[chosen].astype(np.float32) for column in (found.target, found.known))
            beside = bucket.outcomes[place].astype(np.float32)
            rows = Rows(inputs.at(place, hours), target, known, columns.entity[place], beside)
            writer.write(bucket.names, columns.time[place], rows)
            summary.add(columns.time[place], rows)
            if number == 0:
                self._fit(rows)
                self.named.add(rows)
                texts = columns.texts.items()
                self.reference.add(rows.features, {name: [held[n] for n in place] for name, held in texts})

    def _fit(self, rows: Rows) -> None:
        with np.errstate(invalid="ignore", divide="ignore"):  # a feature that no record has yet
            self.scaler.partial_fit(rows.features)

    def _facts(self, cuts: Cuts) -> dict[str, Any]:
        hashes = [writer.close() for writer in self.writers]
        empty = [name for name, summary in zip(NAMES, self.summaries, strict=True) if not summary.rows]
        if empty:
            counted = ", ".join(f"{count} {name}" for name, count in self.counts.items())
            raise JobError(
                f"no rows for {' and '.join(empty)} ({counted}); needed are labels over a longer time"
            )
        return {
            "data_hash": hashlib.sha256("".join(hashes).encode()).hexdigest(),
            "rows": self.counts,
            "cuts": {"validation": iso(cuts.validation), "test": iso(cuts.test), "gap_ms": cuts.horizon},
            "splits": {name: summary.result() for name, summary in zip(NAMES, self.summaries, strict=True)},
            "scaler": _fitted(self.scaler, self.contract),
            "constant": self.summaries[0].constant(),
            "by_name": self.named.result(),
        }


def _fitted(scaler: StandardScaler, contract: Contract) -> dict[str, Any]:
    """Mean and scale. What the training split never has stays as it is, and so do texts: their columns are of
    one scale already, and a rare n-gram must not outweigh all else. Names are looked up, digit for digit."""
    as_is = {column for text in contract.record.texts for column in text.columns}
    as_is |= {feature.name for feature in contract.record.features if feature.names}
    kept = np.isfinite(scaler.mean_) & [name.partition("[")[0] not in as_is for name in contract.columns]
    mean, scale = np.where(kept, scaler.mean_, 0.0), np.where(kept, scaler.scale_, 1.0)
    return {"kind": "StandardScaler", "mean": mean.tolist(), "scale": scale.tolist()}
