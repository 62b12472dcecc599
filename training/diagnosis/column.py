"""One column's figures, counted over every row of a file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from diagnosis.sketches import Distinct, Frequent, Hashes
from diagnosis.values import EXAMPLES, NUMBER, Kind, Typed


@dataclass
class Column:
    """Counts of all rows; `wrong` are values of another kind than the column's, missing too."""

    name: str
    kind: Kind
    rows: int = 0
    missing: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    naive: bool = False
    distinct: Distinct = field(default_factory=Distinct)
    frequent: Frequent = field(default_factory=Frequent)
    infinite: int = 0
    zeros: int = 0
    negative: int = 0
    whole: bool = True
    low: float = math.inf
    high: float = -math.inf
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared distances from the mean."""
    counted: int = 0
    blank: int = 0
    numeric: int = 0
    """Texts that look like numbers."""
    longest: int = 0

    @property
    def given(self) -> int:
        return self.rows - self.missing

    @property
    def deviation(self) -> float:
        return math.sqrt(self.squares / self.counted) if self.counted else math.nan

    def add(self, column: Typed, hashes: Hashes) -> None:
        values = column.values
        self.rows += len(values)
        self.wrong += column.wrong
        self.examples += column.examples[: EXAMPLES - len(self.examples)]
        self.naive |= column.naive
        if self.kind == "number":
            self._numbers(values, hashes)
        else:
            there = values.is_valid().to_numpy(zero_copy_only=False)
            self.missing += len(values) - int(there.sum())
            self.distinct.add(hashes[there])
            if self.kind in ("text", "boolean"):
                self._texts(values)
            elif self.kind == "time" and there.any():
                stamps = pc.min_max(values.cast(pa.int64()))
                self.low = min(self.low, stamps["min"].as_py() / 1e6)
                self.high = max(self.high, stamps["max"].as_py() / 1e6)

    def _numbers(self, values: pa.Array, hashes: Hashes) -> None:
        numbers = values.to_numpy(zero_copy_only=False)
        gone = np.isnan(numbers)
        self.missing += int(gone.sum())
        self.distinct.add(hashes[~gone])
        finite = numbers[np.isfinite(numbers)]
        self.infinite += len(numbers) - int(gone.sum()) - len(finite)
        if not len(finite):
            return
        self.zeros += int((finite == 0).sum())
        self.negative += int((finite < 0).sum())
        self.whole = self.whole and bool((finite == np.floor(finite)).all())
        self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
        with np.errstate(over="ignore", invalid="ignore"):
            self._moments(len(finite), float(finite.mean()), float(finite.var()))

    def _moments(self, count: int, mean: float, variance: float) -> None:
        total, apart = self.counted + count, mean - self.mean
        self.squares += variance * count + apart * apart * self.counted * count / total
        self.mean += apart * count / total
        self.counted = total

    def _texts(self, values: pa.Array) -> None:
        self.frequent.add(values)
        if self.kind == "boolean":
            return
        lengths = pc.max(pc.utf8_length(values)).as_py()
        self.longest = max(self.longest, lengths or 0)
        self.blank += int(pc.sum(pc.match_substring_regex(values, r"^\s*$")).as_py() or 0)
        self.numeric += int(pc.sum(pc.match_substring_regex(values, NUMBER)).as_py() or 0)

    @property
    def different(self) -> int:
        """How many different values there are; an estimate where `distinct` is not exact."""
        return min(self.distinct.count, self.given)

    @property
    def constant(self) -> bool:
        return self.given > 0 and self.distinct.count <= 1

    def top(self, most: int = 8) -> list[tuple[str, int]]:
        """The most frequent texts; none where there were too many to count."""
        return self.frequent.counts.most_common(most) if self.frequent.counts else []

    def told(self) -> dict[str, Any]:
        """Its figures as the report's JSON has them."""
        facts: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "rows": self.rows,
            "missing": self.missing,
            "wrong_kind": self.wrong,
            "distinct": {"count": self.different, "exact": self.distinct.exact},
        }
        if self.kind == "number" and self.counted:
            facts |= {
                "minimum": self.low, "maximum": self.high, "mean": finite(self.mean),
                "deviation": finite(self.deviation), "zeros": self.zeros, "negative": self.negative,
                "infinite": self.infinite, "whole": self.whole,
            }  # fmt: skip
        elif self.kind == "time" and self.given:
            facts |= {"first": iso(self.low), "last": iso(self.high), "without_offset": self.naive}
        elif self.kind in ("text", "boolean"):
            facts["top"] = [{"value": name, "count": count} for name, count in self.top()]
            facts["longest"] = self.longest
        return facts


def iso(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g} s"


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
