"""How far a collector got: one item of the state table per data set and region.

A run holds it while it lasts, and every write is conditional on the one before: two runs never mix.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from shared.items import Items

KEPT_S = 400 * 86_400


class Overtaken(Exception):
    """Another run wrote first; this one must stop."""


@dataclass
class Reading:
    """The window that is being read. `token` is the service's, after the last whole part."""

    start: int
    part: int = 0
    token: str = ""
    rows: int = 0
    highest: int = 0
    """How many parts were written at most, by this read or one that it follows."""
    again: bool = False
    """Whether another read of the window began before, and may have left parts behind."""
    restarts: int = 0


@dataclass
class Gap:
    """A window that could not be had; `due` is when it is tried next."""

    reason: str
    since: int
    tries: int
    due: int
    parts: int = 0


@dataclass
class Progress:
    next: int
    """Start of the first window that was never begun."""
    newest: int = 0
    """The newest moment that was read; 0 before any."""
    caught_up: bool = False
    """Whether all that there was has been read once."""
    reading: Reading | None = None
    gaps: dict[int, Gap] = field(default_factory=dict)
    holder: str = ""
    held_until: int = 0

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Progress:
        given = json.loads(body)
        reading = given.pop("reading")
        gaps = {int(start): Gap(**gap) for start, gap in given.pop("gaps").items()}
        return cls(**given, gaps=gaps, reading=Reading(**reading) if reading else None)


class Ledger:
    """`run` names this run alone. Raises `shared.items.Unreachable` where the table cannot be reached."""

    def __init__(self, items: Items, key: str, run: str) -> None:
        self._items, self._key, self._run = items, key, run
        self._version = self._writes = 0

    def take(self, first: int, now: float, until: float) -> Progress | None:
        """The progress, held `until` then; None where another run holds it. A new one begins at `first`."""
        item = self._items.read([self._key])[self._key]
        self._version = item.version
        found = Progress.from_json(item.body) if item.body else Progress(next=first)
        if found.holder and found.held_until > now:
            return None
        found.holder, found.held_until = self._run, int(until) + 1
        if found.reading:
            found.reading.again = True
        try:
            self.save(found)
        except Overtaken:
            return None
        return found

    def save(self, progress: Progress) -> None:
        self._writes += 1
        writer = f"{self._run}-{self._writes}"
        put = self._items.put(self._key, progress.to_json(), KEPT_S, over=self._version, writer=writer)
        # a write whose answer got lost is refused when the client sends it again
        if not self._items.write([put]) and self._items.read([self._key])[self._key].writer != writer:
            raise Overtaken(self._key)
        self._version += 1

    def release(self, progress: Progress) -> None:
        progress.holder, progress.held_until = "", 0
        self.save(progress)
