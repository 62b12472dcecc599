"""What the platform remembers between calls: one body per key, changed under an optimistic lock."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.items import AT_ONCE, Item, Items, Unreachable

__all__ = ["Change", "Contended", "StateStore", "Unreachable"]

T = TypeVar("T")
Change = Callable[[bytes | None], tuple[bytes, T]]
"""From the body that is stored, or None, to the body to store and a result. It may be asked again, with what
another call has stored meanwhile."""

ATTEMPTS = 8
FIRST_WAIT_S, LONGEST_WAIT_S = 0.01, 0.25
MAX_BYTES = 2_000_000
"""Of bodies that are stored at once; a transaction may hold 4 MB."""


class Contended(Exception):
    """Other calls kept changing the same keys first."""


@dataclass(frozen=True)
class StateStore:
    """Bodies in the state table. `client` is a dynamodb client, `now` gives epoch seconds, `wait` sleeps."""

    client: Any
    table: str
    now: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep

    def update(self, key: str, ttl_s: int, change: Change[T]) -> T:
        """The result of the change that was stored; Contended or Unreachable where none was."""
        return self.update_all({key: change}, ttl_s)[key]

    def update_all(self, changes: Mapping[str, Change[T]], ttl_s: int) -> dict[str, T]:
        """As `update`, reading and writing up to 100 keys at once.

        Contended or Unreachable may leave some of the keys stored: the request can be sent again as it is.
        """
        results: dict[str, T] = {}
        keys = list(changes)
        for start in range(0, len(keys), AT_ONCE):
            some = {key: changes[key] for key in keys[start : start + AT_ONCE]}
            results.update(self._update(some, ttl_s))
        return results

    def _update(self, changes: Mapping[str, Change[T]], ttl_s: int) -> dict[str, T]:
        update = _Update(Items(self.client, self.table, self.now), changes, ttl_s)
        for attempt in range(ATTEMPTS):
            if attempt:
                self.wait(_jittered(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)))
            if update.attempt():
                return update.results
        raise Contended(f"{len(update.pending)} of {len(changes)} keys after {ATTEMPTS} attempts")


class _Update(Generic[T]):
    """The changes of some keys on their way; `pending` are not stored yet."""

    def __init__(self, items: Items, changes: Mapping[str, Change[T]], ttl_s: int) -> None:
        self._items, self._changes, self._ttl_s = items, changes, ttl_s
        self._writer = secrets.token_hex(8)
        self.pending = set(changes)
        self.results: dict[str, T] = {}

    def attempt(self) -> bool:
        """Reads, changes and stores what is pending; whether all of it is stored."""
        stored = self._items.read(sorted(self.pending))
        # What carries this writer was stored by an attempt whose answer got lost on its way back.
        self.pending -= {key for key, item in stored.items() if item.writer == self._writer}
        puts = dict(self._puts(stored))
        self.pending &= set(puts)
        for keys in _portions(puts):
            if self._items.write([puts[key] for key in keys]):
                self.pending -= set(keys)
        return not self.pending

    def _puts(self, stored: Mapping[str, Item]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Writes, by key; none for a key whose body stays as it is."""
        for key in sorted(self.pending):
            found = stored[key]
            body, self.results[key] = self._changes[key](found.body)
            if body != found.body:
                yield (
                    key,
                    self._items.put(key, body, self._ttl_s, over=found.version, writer=self._writer),
                )


def _portions(puts: Mapping[str, dict[str, Any]]) -> Iterator[Sequence[str]]:
    """The keys in groups whose bodies fit one transaction."""
    portion: list[str] = []
    size = 0
    for key, put in puts.items():
        added = len(put["Item"]["body"]["B"])
        if portion and size + added > MAX_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(key)
        size += added
    if portion:
        yield portion


def _jittered(longest_s: float) -> float:
    return longest_s * (secrets.randbelow(1000) + 1) / 1000
