"""From a stream record to the JSON line that training reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.contract import LIVE

BOOKKEEPING = ("id", "origin", "expires_at")


class Line(str):
    """One record as JSON, without its line end."""


def wanted(change: Mapping[str, Any]) -> bool:
    """Whether the change is a record from the API that is new or changed; expiry and bulk loads are not."""
    image = change.get("dynamodb", {}).get("NewImage") or {}
    return change.get("eventName") in ("INSERT", "MODIFY") and image.get("origin") == {"S": "api"}


def convert(change: Mapping[str, Any]) -> tuple[str, Line]:
    """The record's date (UTC, YYYY-MM-DD) and line; ValueError or KeyError where the item is none of ours."""
    image = change["dynamodb"]["NewImage"]
    fields = {name: _value(value) for name, value in image.items() if name not in BOOKKEEPING}
    date = str(fields["timestamp"])[:10]
    if len(date) != 10 or date[4] != "-" or date[7] != "-":
        raise ValueError("the item's timestamp is no ISO time")
    return date, Line(json.dumps(fields, sort_keys=True))


def object_key(date: str, first: str, lines: Sequence[Line]) -> str:
    """Named by the group's first sequence number and content, so a replay overwrites what it wrote."""
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    return f"insights/profile={LIVE}/date={date}/{first}-{digest}.jsonl"


def _value(attribute: Mapping[str, Any]) -> Any:
    if "S" in attribute:
        return attribute["S"]
    return json.loads(attribute["N"])
