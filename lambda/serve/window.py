"""The window of each entity: its newest records, merged whoever sends them and in whatever order."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.contract import Contract, History
from serve.memory import Remembered, remember
from serve.request import Sent
from shared.state import Change, StateStore

HOUR_MS = 3_600_000
Snapshot = tuple[int, dict[str, Any]]
"""A record's instant, milliseconds since 1970, and its measurements."""
Window = list[Snapshot]
"""Snapshots of one entity, oldest first; a prediction's ends with its own record."""


@dataclass(frozen=True)
class Windows:
    """`earlier` snapshots are read beside a record's own; `history` bounds what is kept."""

    store: Callable[[], StateStore]
    contract: Contract
    history: History

    @property
    def earlier(self) -> int:
        """Records of the window before the last."""
        return self.contract.steps - 1 if self.contract.steps > 1 else self.history.records

    def see(self, sent: Sequence[Sent]) -> Remembered[Window]:
        """Adds the records to their windows; what each record's prediction reads. Raises NotStored."""
        ttl_s = self.history.ttl_hours * 3600
        return remember(self.store(), self.contract, sent, ttl_s, self._change)

    def _change(self, sent: Sequence[Sent]) -> Change[list[Window]]:
        """Merges one entity's records into its body; the result is the window of each."""

        def change(body: bytes | None) -> tuple[bytes, list[Window]]:
            stored = read(body)
            new = placed(stored, sent, self._measured)
            merged = merge(stored, new)
            views = [self._view(merged, own) for own in new]
            return write(merged[-self.history.records :]), views

        return change

    def _measured(self, record: Mapping[str, Any]) -> dict[str, Any]:
        keys = self.contract.record.key_names
        return {name: value for name, value in record.items() if name not in keys}

    def _view(self, merged: Window, own: Snapshot) -> Window:
        """The window as of the record: what lies before it, no longer than the platform remembers."""
        end = bisect_left(merged, own[0], key=_time)
        start = bisect_left(merged, own[0] - self.history.ttl_hours * HOUR_MS, key=_time)
        return [*merged[max(start, end - self.earlier) : end], own]


def placed(
    stored: Sequence[Snapshot], sent: Sequence[Sent], measured: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> list[Snapshot]:
    """A snapshot of each record. One that came without a time takes the next free millisecond."""
    taken = {time_ms for time_ms, _ in stored} | {each.time_ms for each in sent if not each.arrived}
    found = []
    for each in sent:
        time_ms = each.time_ms
        while each.arrived and time_ms in taken:
            time_ms += 1
        taken.add(time_ms)
        found.append((time_ms, measured(each.record)))
    return found


def merge(stored: Sequence[Snapshot], new: Sequence[Snapshot]) -> list[Snapshot]:
    """Both, oldest first; of the same instant the one that came later."""
    return sorted({**dict(stored), **dict(new)}.items())


def read(body: bytes | None) -> list[Snapshot]:
    return [(time_ms, values) for time_ms, values in json.loads(body)] if body else []


def write(window: Sequence[Snapshot]) -> bytes:
    return json.dumps(window, separators=(",", ":")).encode()


def _time(snapshot: Snapshot) -> int:
    return snapshot[0]
