"""Stretches of time that are read and stored at once. Times are whole seconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Window:
    """From `start` to just before `end`; a day is whole windows, so one lies in one date."""

    start: int
    end: int

    @property
    def date(self) -> str:
        return moment(self.start).strftime("%Y-%m-%d")

    @property
    def stamp(self) -> str:
        return moment(self.start).strftime("%Y%m%dT%H%M%SZ")


@dataclass(frozen=True)
class Calendar:
    """Which windows of a data set there are. `history_s` is 0 where the service tells only what is so now:
    then a window can be had while it lasts, else from its end (and `settle_s`) until it is forgotten."""

    window_s: int
    history_s: int
    look_back_s: int
    settle_s: int

    def window(self, start: int) -> Window:
        return Window(start, start + self.window_s)

    def first(self, now: float) -> int:
        """Where a collector begins that has never run."""
        start = self._floor(now - self.look_back_s)
        return start if not self.forgotten(start, now) else start + self.window_s

    def ripe(self, start: int, now: float) -> bool:
        return start <= now if not self.history_s else start + self.window_s + self.settle_s <= now

    def kept_until(self, start: int) -> int:
        """From when on the window can no longer be had."""
        return start + (self.history_s or self.window_s)

    def forgotten(self, start: int, now: float) -> bool:
        return self.kept_until(start) <= now

    def lost(self, start: int, now: float) -> Iterator[int]:
        """The windows from `start` on that are forgotten."""
        while self.forgotten(start, now):
            yield start
            start += self.window_s

    def as_of(self, start: int) -> int:
        """The newest moment that a read window tells of."""
        return start + self.window_s if self.history_s else start

    def _floor(self, at: float) -> int:
        return int(at // self.window_s) * self.window_s


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
