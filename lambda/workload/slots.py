"""How many requests are worked on at once, and how many may wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Full(Exception):
    """No slot is free, and the queue is full, was too slow, or the service is about to end."""


class Slots:
    """`concurrency` requests at once; `queue` more wait, each at most `wait_s`."""

    def __init__(self, *, concurrency: int, queue: int, wait_s: float) -> None:
        self._concurrency, self._room, self._wait_s = concurrency, concurrency + queue, wait_s
        self._changed = threading.Condition()
        self._inside = self._working = 0
        self.draining = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises Full where there is none to be had."""
        with self._changed:
            if self.draining or self._inside >= self._room:
                raise Full
            self._inside += 1
        try:
            with self._changed:
                if not self._changed.wait_for(self._free, self._wait_s):
                    raise Full
                self._working += 1
            try:
                yield
            finally:
                with self._changed:
                    self._working -= 1
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def drain(self, longest_s: float) -> bool:
        """Lets nobody in any more; whether all that were inside had left in time."""
        with self._changed:
            self.draining = True
            return self._changed.wait_for(lambda: not self._inside, longest_s)

    def _free(self) -> bool:
        return self._working < self._concurrency
