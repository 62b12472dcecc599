"""Everything that happened to one model: noted, trained, registered, promoted, taken back."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from catalog.contract import Problem
from models.executions import Executions
from models.noted import Noted
from models.registered import Registered
from models.timeline import Entry, Part, TooFar, Window, merged, text
from shared.overview import KEPT_S
from shared.problems import BadRequest, NotFound
from shared.served import Served
from shared.telemetry import logger

USUAL, MOST = 20, 100
"""Entries of one answer."""
KEPT = 256
FAILED = (ClientError, BotoCoreError, TooFar)
Source = Callable[[Served, Window], Part]
Key = tuple[str, int, str | None]


@dataclass
class History:
    """Answers from memory for KEPT_S seconds. A source that fails is named, and hides no other."""

    models: Mapping[str, Served]
    executions: Executions
    registered: Registered
    noted: Noted
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _kept: OrderedDict[Key, tuple[float, dict[str, Any]]] = field(default_factory=OrderedDict)

    def of(self, name: str, limit: str | None, before: str | None) -> dict[str, Any]:
        """`{"model", "entries", "next", "incomplete"}`; NotFound and BadRequest as the query deserves."""
        model, most, moment = self._model(name), *_asked(limit, before)
        key = model.name, most, before
        until, kept = self._kept.get(key, (float("-inf"), {}))
        if self.clock() < until:
            return kept
        told = self._told(model, Window(min(moment or self.now(), self.now()), most))
        self._kept[key] = self.clock() + KEPT_S, told
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return told

    def _model(self, name: str) -> Served:
        for model in self.models.values():
            if name in (model.name, *model.aliases):
                return model
        raise NotFound(f"there is no model {name[:128]!r}; known: {', '.join(sorted(self.models))}")

    def _told(self, model: Served, window: Window) -> dict[str, Any]:
        missed: dict[str, None] = {}
        parts = [self._part(name, source, model, window, missed) for name, source in self._sources(model)]
        page, following = merged(parts, window.limit)
        entries = [_entry(each, missed) for each in page]
        return {
            "model": model.name,
            "entries": entries,
            "next": text(following) if following else None,
            "incomplete": list(missed),
        }

    def _sources(self, model: Served) -> list[tuple[str, Source]]:
        found: list[tuple[str, Source]] = [("noted", self.noted.entries)]
        if model.machine:
            # the champions' entries look at what is known of the promotions
            found += [("training", self.executions.trainings), ("promotion", self.executions.promotions)]
            found += [("package", self.registered.packages), ("champion", self.registered.champions)]
        return found

    def _part(
        self, name: str, source: Source, model: Served, window: Window, missed: dict[str, None]
    ) -> Part:
        try:
            return source(model, window)
        except FAILED as error:
            logger.warning("history incomplete", extra={"source": name, "error": type(error).__name__})
            missed[name] = None
            return Part([])


def _entry(entry: Entry, missed: dict[str, None]) -> dict[str, Any]:
    """An entry whose detail cannot be read is told without it."""
    try:
        detail = dict(entry.detail())
    except FAILED as error:
        logger.warning("no detail", extra={"kind": entry.kind, "error": type(error).__name__})
        missed[entry.kind] = None
        detail = {}
    return {"at": text(entry.at), "kind": entry.kind, "detail": detail}


def _asked(limit: str | None, before: str | None) -> tuple[int, datetime | None]:
    problems = []
    most = USUAL if limit is None else int(limit) if limit.isascii() and limit.isdigit() else 0
    if not 1 <= most <= MOST:
        problems.append(Problem("limit", f"must be a whole number from 1 to {MOST}, got {str(limit)[:64]!r}"))
    moment = _moment(before) if before is not None else None
    if before is not None and moment is None:
        told = "must be a time with its zone, like 2026-03-01T12:00:00Z"
        problems.append(Problem("before", f"{told}, got {before[:64]!r}"))
    if problems:
        raise BadRequest("the query is not valid", problems)
    return most, moment


def _moment(given: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(given.replace(" ", "+"))  # a + in a query is a space
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
