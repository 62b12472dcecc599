"""From records as they are sent to the table's items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.contract import Key, Problem, RecordSchema, Target, insight_id, parse_time

SMALLEST = 1e-120
"""Smaller numbers are stored as zero: a table holds nothing below 1e-130."""

Item = dict[str, dict[str, str]]


@dataclass
class Sorted:
    """A batch's records by what becomes of them; all by their index in the batch."""

    good: dict[int, dict[str, Any]] = field(default_factory=dict)
    rejected: dict[int, list[Problem]] = field(default_factory=dict)
    superseded: dict[int, int] = field(default_factory=dict)
    """Index of a record to that of the later one with the same keys, which is stored in its place."""


def sort(records: Sequence[Any], schema: RecordSchema, labels: Sequence[Target]) -> Sorted:
    """Checks each record by itself; of several with the same keys the last one wins."""
    result = Sorted()
    holders: dict[str, int] = {}
    for index, record in enumerate(records):
        if problems := schema.check(record, labels):
            result.rejected[index] = problems
            continue
        result.good[index] = canonical(record, schema.keys)
        identity = insight_id(result.good[index], schema.key_names)
        if (earlier := holders.get(identity)) is not None:
            result.superseded[earlier] = index
            del result.good[earlier]
        holders[identity] = index
    return result


def canonical(record: Mapping[str, Any], keys: Sequence[Key]) -> dict[str, Any]:
    """The record with times in UTC and without empty fields, so that one instant is one identity."""
    given = {name: value for name, value in record.items() if value is not None}
    for key in keys:
        if key.kind == "timestamp" and (time := parse_time(given[key.name])):
            given[key.name] = time.isoformat()
    return given


def item(record: Mapping[str, Any], keys: Iterable[str], expires_at: int) -> Item:
    """The record as DynamoDB stores it, identified by its `keys`; `expires_at` in seconds since 1970."""
    return {
        **{name: _attribute(value) for name, value in record.items()},
        "id": {"S": insight_id(record, keys)},
        "origin": {"S": "api"},
        "expires_at": {"N": str(expires_at)},
    }


def _attribute(value: Any) -> dict[str, str]:
    """Numbers by their shortest text, which reads back as the same float."""
    if isinstance(value, str):
        return {"S": value}
    return {"N": repr(float(value)) if abs(value) >= SMALLEST else "0"}
