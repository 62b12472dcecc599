"""What a caller, a container and an artifact must agree on about one model.

Standard library only, Python 3.11: this file ships in every function, job and endpoint, beside the
JSON of the contracts that the payload serves.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

MISSING = math.nan
MAX_RECORDS = 500
NUMBER = (int, float)
LARGEST = 1e100
"""Larger numbers are refused as infinity is: a table holds 1e125, a whole number in JSON has no end."""
NO_CHAMPION = "none"
"""What a champion parameter holds before the first promotion."""
LIVE = "live"
"""The data profile of what callers sent; scheduled training reads it."""

Missing = Literal["refuse", "derive", "leave"]
"""What happens when a caller leaves a feature out: refuse the record, derive the value from the record
and the volume's earlier ones in the same request or data set, or leave it missing for the model to deal
with."""


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

    def problem(self, value: object) -> str | None:
        if not isinstance(value, str):
            return f"must be text, got {_shown(value)}"
        if self.kind == "timestamp":
            return None if parse_time(value) else f"must be an ISO 8601 time with offset, got {_shown(value)}"
        matches = re.fullmatch(self.pattern, value)
        return None if matches else f"must match {self.pattern}, got {_shown(value)}"


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One number the model reads: its unit, the range it may take and the rule for its absence."""

    name: str
    unit: str
    description: str
    minimum: float = 0.0
    maximum: float | None = None
    integer: bool = False
    missing: Missing = "leave"
    example: float = 0.0

    def problem(self, value: object) -> str | None:
        if not isinstance(value, NUMBER) or isinstance(value, bool):
            return f"must be a number ({self.unit}), got {_shown(value)}"
        if not -LARGEST <= value <= LARGEST:
            return "must be finite and below 1e100; leave the field out where the value is unknown"
        if self.integer and value % 1:
            return f"must be a whole number, got {_shown(value)}"
        if value < self.minimum or (self.maximum is not None and value > self.maximum):
            return f"must be {self.range_text()} ({self.unit}), got {_shown(value)}"
        return None

    def range_text(self) -> str:
        if self.maximum is None:
            return f"at least {self.minimum:g}"
        return f"from {self.minimum:g} to {self.maximum:g}"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the model predicts: one of `classes`, or a number from `minimum` to `maximum`."""

    name: str
    description: str
    classes: tuple[str, ...] = ()
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 0.0
    horizon_hours: float = 0.0
    """How far past the record's time the truth reaches; splits leave this much out between their parts."""

    def problem(self, value: object) -> str | None:
        if self.classes:
            known = isinstance(value, str) and value in self.classes
            return None if known else f"must be one of {', '.join(self.classes)}, got {_shown(value)}"
        number = isinstance(value, NUMBER) and not isinstance(value, bool)
        if number and self.minimum <= cast(float, value) <= self.maximum:
            return None
        return f"must be a number from {self.minimum:g} to {self.maximum:g}, got {_shown(value)}"


@dataclass(frozen=True)
class Rule:
    """`answer` where `feature` is above (or below) `threshold`."""

    feature: str
    op: Literal[">", "<"]
    threshold: float
    answer: str | float

    def holds(self, record: Mapping[str, Any]) -> bool:
        value = record.get(self.feature)
        if value is None:
            return False
        return bool(value > self.threshold if self.op == ">" else value < self.threshold)


@dataclass(frozen=True)
class Fallback:
    """A transparent rule: the first rule that holds answers, else `otherwise`."""

    rules: tuple[Rule, ...]
    otherwise: str | float

    def answer(self, record: Mapping[str, Any]) -> str | float:
        return next((rule.answer for rule in self.rules if rule.holds(record)), self.otherwise)


@dataclass(frozen=True, kw_only=True)
class RecordSchema:
    """A record as it is sent, stored and trained on; its feature code is `features/<name>.py`."""

    name: str
    title: str
    keys: tuple[Key, ...]
    features: tuple[Feature, ...]

    def check(self, record: object, labels: Iterable[Target] = ()) -> list[Problem]:
        """Every problem of one record, in field order; an empty list means it is good.

        `labels` are targets the record may carry beside its features (ground truth sent to ingestion).
        """
        if not isinstance(record, Mapping):
            return [Problem("", f"a record must be an object, got {_shown(record)}")]
        checks = {**self._fields, **{label.name: label for label in labels}}
        problems = [
            Problem(name, found)
            for name, field in checks.items()
            if (value := record.get(name)) is not None and (found := field.problem(value))
        ]
        problems += [Problem(name, "is required") for name in self.required if record.get(name) is None]
        problems += [
            Problem(str(name)[:128], "is not a field of this record") for name in record if name not in checks
        ]
        if not any(record.get(f.name) is not None for f in self.features):
            problems.append(Problem("", "at least one measurement is required"))
        return problems

    @cached_property
    def _fields(self) -> dict[str, Key | Feature]:
        fields: tuple[Key | Feature, ...] = (*self.keys, *self.features)
        return {field.name: field for field in fields}

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.keys)

    @cached_property
    def required(self) -> tuple[str, ...]:
        return self.key_names + tuple(f.name for f in self.features if f.missing == "refuse")


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One model's agreement: what it reads, in which order, and what it answers."""

    name: str
    title: str
    record: RecordSchema
    target: Target
    fallback: Fallback | None = None

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Feature names in the order of the model's input columns."""
        return tuple(feature.name for feature in self.record.features)

    @cached_property
    def hash(self) -> str:
        """Sixteen hex digits over what must match between caller and artifact; wording is left out."""
        agreed = {
            "name": self.name,
            "features": [
                (f.name, f.unit, f.minimum, f.maximum, f.integer, f.missing) for f in self.record.features
            ],
            "target": (self.target.name, self.target.classes, self.target.minimum, self.target.maximum),
        }
        return hashlib.sha256(json.dumps(agreed, sort_keys=True).encode()).hexdigest()[:16]

    def check(self, record: object) -> list[Problem]:
        """See `RecordSchema.check`."""
        return self.record.check(record)

    def encode(self, record: Mapping[str, Any]) -> list[float]:
        """The record's features in column order; NaN where a value is missing."""
        return [MISSING if record.get(name) is None else float(record[name]) for name in self.features]

    def to_json(self) -> str:
        return json.dumps({**dataclasses.asdict(self), "hash": self.hash}, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Contract:
        """The contract that `to_json` wrote; ValueError where its content does not match its own hash."""
        data = json.loads(text)
        record, fallback = data["record"], data["fallback"]
        contract = cls(
            name=data["name"],
            title=data["title"],
            record=RecordSchema(
                name=record["name"],
                title=record["title"],
                keys=tuple(Key(**key) for key in record["keys"]),
                features=tuple(Feature(**feature) for feature in record["features"]),
            ),
            target=Target(**{**data["target"], "classes": tuple(data["target"]["classes"])}),
            fallback=fallback
            and Fallback(tuple(Rule(**rule) for rule in fallback["rules"]), fallback["otherwise"]),
        )
        if contract.hash != data["hash"]:
            raise ValueError(
                f"contract {contract.name}: content hashes to {contract.hash}, file says {data['hash']}; "
                "write the file with to_json, not by hand"
            )
        return contract

    @classmethod
    def load_all(cls, folder: Path) -> dict[str, Contract]:
        """The contracts a payload serves: every JSON file of `folder`, by model name."""
        found = [cls.from_json(path.read_text()) for path in sorted(folder.glob("*.json"))]
        return {contract.name: contract for contract in found}


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 time with offset, as UTC; None where it is not one, or has no UTC (the calendar's ends)."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def insight_id(record: Mapping[str, Any], keys: Iterable[str]) -> str:
    """A record's identity by the fields that `keys` names: the same values give the same id, so a replay
    never duplicates."""
    identity = "\n".join(str(record[name]) for name in keys)
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def _shown(value: object) -> str:
    """The value as the caller wrote it, short; containers by kind alone, as they may be deep or huge."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    text = json.dumps(value) if value is None or isinstance(value, bool | str) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
