"""The event that asks for a remediation: checked whole, or refused with every reason."""

from __future__ import annotations

import hashlib
import json
import math
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contract import parse_time, shown
from shared.remediations import AHEAD_S, DETAIL_TYPE, OLDEST_S, SOURCE

MODEL = re.compile(r"[a-z][a-z0-9-]{0,62}")
ENTITY = re.compile(r"[A-Za-z0-9:][A-Za-z0-9._:/-]{0,127}")
"""What keys of records may hold, IPv6 addresses among them."""
UNKNOWN = "unknown"
SPACE = uuid.UUID("6f2b8c1e-6d0e-5b52-9a57-0f1f3a6f1c44")
"""Of the tokens that make a repeated call one call."""


@dataclass(frozen=True)
class Order:
    """One event. `faults` is empty where it is good; a bad one is filled with what can be told of it."""

    id: str
    time: str
    model: str
    entity: str
    action: str
    detail: Mapping[str, Any]
    faults: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        """A UUID that is the same for every delivery of the event."""
        return str(uuid.uuid5(SPACE, self.id))


def read(event: Any, environment: str, now_s: float) -> Order:
    """Never raises: what is wrong with the event stands in `faults`."""
    outer: Mapping[str, Any] = event if isinstance(event, Mapping) else {}
    given = outer.get("detail")
    detail: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    faults = [*_envelope(outer), *_facts(detail, environment, now_s)]
    return Order(
        id=_known(outer.get("id"), _is_id) or f"bad-{_digest(event)}",
        time=_known(detail.get("time"), parse_time) or "-",
        model=_known(detail.get("model"), MODEL.fullmatch) or UNKNOWN,
        entity=_known(detail.get("entity"), ENTITY.fullmatch) or UNKNOWN,
        action=_known(detail.get("recommended_action"), str.isprintable)[:128],
        detail=detail,
        faults=tuple(faults),
    )


def _envelope(outer: Mapping[str, Any]) -> Iterator[str]:
    if not _known(outer.get("id"), _is_id):
        yield f"id must be a UUID, got {shown(outer.get('id'))}"
    for name, wanted in (("source", SOURCE), ("detail-type", DETAIL_TYPE)):
        if outer.get(name) != wanted:
            yield f"{name} must be {wanted!r}, got {shown(outer.get(name))}"


def _facts(detail: Mapping[str, Any], environment: str, now_s: float) -> Iterator[str]:
    if detail.get("environment") != environment:
        yield f"environment must be {environment!r}, got {shown(detail.get('environment'))}"
    for name, pattern in (("model", MODEL), ("entity", ENTITY)):
        if not _known(detail.get(name), pattern.fullmatch):
            yield f"{name} must match {pattern.pattern}, got {shown(detail.get(name))}"
    for name in ("model_version", "recommended_action"):
        if not _known(detail.get(name), str.isprintable):
            yield f"{name} must be text, got {shown(detail.get(name))}"
    risk = detail.get("risk")
    if not isinstance(risk, int | float) or isinstance(risk, bool) or not 0 <= risk <= 1:
        yield f"risk must be a number from 0 to 1, got {shown(risk)}"
    yield from _time(detail.get("time"), now_s)


def _time(told: Any, now_s: float) -> Iterator[str]:
    when = parse_time(told) if isinstance(told, str) else None
    age_s = now_s - when.timestamp() if when else math.nan
    if when is None:
        yield f"time must be an ISO 8601 time with offset, got {shown(told)}"
    elif age_s > OLDEST_S:
        yield f"the event is {age_s:.0f} s old; what is older than {OLDEST_S} s is not acted on"
    elif age_s < -AHEAD_S:
        yield f"time lies {-age_s:.0f} s in the future"


def _known(value: Any, holds: Callable[[str], Any]) -> str:
    """The text where it is one and `holds`; else an empty one."""
    return value if isinstance(value, str) and 0 < len(value) <= 256 and holds(value) else ""


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _digest(event: Any) -> str:
    """The same for the same event, which has no id of its own."""
    return hashlib.sha256(json.dumps(event, sort_keys=True, default=str).encode()).hexdigest()[:32]
