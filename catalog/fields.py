"""What a record is made of: keys, numbers, texts and the target, each with its check.

Standard library only, Python 3.11: this file ships in every function, job and endpoint.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

NUMBER = (int, float)
LARGEST = 1e100
"""Larger numbers are refused as infinity is: a table holds 1e125, a whole number in JSON has no end."""

Missing = Literal["refuse", "derive", "leave", "default", "compute"]
"""What happens when a caller leaves a feature out: refuse the record, derive the value from the record
and the entity's earlier ones, leave it missing for the model to deal with, or take the declared default.
What is `compute` no caller gives: it is derived always."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one field, in words for the caller."""

    field: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Key:
    """A field that identifies a record and never reaches the model as it is."""

    name: str
    kind: Literal["text", "timestamp"]
    description: str
    example: str
    pattern: str = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}"
    missing: Literal["refuse", "now", "request"] = "refuse"
    """Where it is left out: `now`, a timestamp, is the time of arrival; `request` is the API's request id."""

    def problem(self, value: object) -> str | None:
        if not isinstance(value, str):
            return f"must be text, got {shown(value)}"
        if self.kind == "timestamp":
            return None if parse_time(value) else f"must be an ISO 8601 time with offset, got {shown(value)}"
        matches = re.fullmatch(self.pattern, value)
        return None if matches else f"must match {self.pattern}, got {shown(value)}"


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One number the model reads: its unit, the range it may take and the rule for its absence.

    Of `categories` callers give one by name; the model reads its place among them. Of `names`, a pattern,
    they give any that matches, also one that nobody has seen; the model reads its `name_number`. A name may
    be `cut` out of another feature's: that feature, and a pattern whose group finds it there.
    """

    name: str
    unit: str
    description: str
    minimum: float = 0.0
    maximum: float | None = None
    integer: bool = False
    missing: Missing = "leave"
    default: float = 0.0
    """The value where it is left out and `missing` is `default`; the answer lists it as imputed."""
    example: float | str = 0.0
    categories: tuple[str, ...] = ()
    names: str = ""
    cut: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The field of a record that it is read from."""
        return self.cut[0] if self.cut else self.name

    def number(self, value: float | str) -> float:
        """A valid value of its source as the model reads it; NaN where nothing can be cut out of it."""
        if not isinstance(value, str):
            return float(value)
        if self.categories:
            return float(self.categories.index(value))
        found = re.match(self.cut[1], value) if self.cut else None
        return math.nan if self.cut and found is None else name_number(found.group(1) if found else value)

    def problem(self, value: object) -> str | None:
        if self.categories:
            known = isinstance(value, str) and value in self.categories
            return None if known else f"must be one of {', '.join(self.categories)}, got {shown(value)}"
        if self.names:
            named = isinstance(value, str) and re.fullmatch(self.names, value)
            return None if named else f"must be text that matches {self.names}, got {shown(value)}"
        if not isinstance(value, NUMBER) or isinstance(value, bool):
            return f"must be a number ({self.unit}), got {shown(value)}"
        if not -LARGEST <= value <= LARGEST:
            return "must be finite and below 1e100; leave the field out where the value is unknown"
        if self.integer and value % 1:
            return f"must be a whole number, got {shown(value)}"
        if value < self.minimum or (self.maximum is not None and value > self.maximum):
            return f"must be {self.range_text()} ({self.unit}), got {shown(value)}"
        return None

    def range_text(self) -> str:
        if self.maximum is None:
            return f"at least {self.minimum:g}"
        return f"from {self.minimum:g} to {self.maximum:g}"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text the model reads as counts of character n-grams, hashed into `buckets` columns."""

    name: str
    description: str
    example: str
    longest: int = 8192
    buckets: int = 1024
    grams: tuple[int, ...] = (1, 2, 3)

    def problem(self, value: object) -> str | None:
        if not isinstance(value, str):
            return f"must be text, got {shown(value)}"
        if len(value) > self.longest:
            return f"may have {self.longest} characters, got {len(value)}"
        return None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f"{self.name}#{bucket}" for bucket in range(self.buckets))

    def encode(self, value: str) -> list[float]:
        """The counts, damped (log of one plus the count) and scaled to length 1; all 0 for an empty text."""
        counts: dict[int, int] = {}
        text = value.lower().encode("utf-8", "replace")
        for size in self.grams:
            for start in range(len(text) - size + 1):
                bucket = zlib.crc32(text[start : start + size]) % self.buckets
                counts[bucket] = counts.get(bucket, 0) + 1
        damped = {bucket: math.log1p(count) for bucket, count in counts.items()}
        length = math.sqrt(sum(weight * weight for weight in damped.values())) or 1.0
        row = [0.0] * self.buckets
        for bucket, weight in damped.items():
            row[bucket] = weight / length
        return row


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the model predicts: one of `classes`, or a number from `minimum` to `maximum`.

    A forecast (`ahead_of`) predicts a feature's own later value, `quantiles` of it at each of `horizons`.
    """

    name: str
    description: str
    classes: tuple[str, ...] = ()
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 0.0
    horizon_hours: float = 0.0
    """How far past the record's time the truth reaches; splits leave this much out between their parts."""
    ahead_of: str = ""
    horizons: tuple[float, ...] = ()
    """Hours ahead."""
    quantiles: tuple[float, ...] = ()
    limits: tuple[tuple[str, float], ...] = ()
    """Named values whose crossing a forecast foretells."""
    interval: float = 0.0
    """How likely the risk (see `Advice`) lies between the bounds that the model tells of it; none at 0."""

    def problem(self, value: object) -> str | None:
        if self.classes:
            known = isinstance(value, str) and value in self.classes
            return None if known else f"must be one of {', '.join(self.classes)}, got {shown(value)}"
        number = isinstance(value, NUMBER) and not isinstance(value, bool)
        if number and self.minimum <= cast(float, value) <= self.maximum:
            return None
        return f"must be a number from {self.minimum:g} to {self.maximum:g}, got {shown(value)}"


def name_number(name: str) -> float:
    """A name as models read it: 24 bits of its checksum, which float32 holds exactly."""
    return float(zlib.crc32(name.encode("utf-8", "replace")) >> 8)


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 time with offset, as UTC; None where it is not one, or has no UTC (the calendar's ends)."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def shown(value: object) -> str:
    """The value as the caller wrote it, short; containers by kind alone, as they may be deep or huge."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    text = json.dumps(value) if value is None or isinstance(value, bool | str) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
