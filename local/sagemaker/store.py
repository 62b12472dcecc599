"""Every resource record, in the shape its Describe call answers, kept behind one lock."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
TERMINAL = frozenset({"Completed", "Failed", "Stopped"})


class Store:
    """Tables of records by name. Records returned are copies: change them through `update`."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, Record]] = {}
        self._changed = threading.Condition(threading.RLock())

    def put(self, table: str, name: str, record: Record) -> None:
        with self._changed:
            self._tables.setdefault(table, {})[name] = copy.deepcopy(record)
            self._changed.notify_all()

    def add(self, table: str, name: str, record: Record) -> bool:
        """Put unless the name is taken; False where it is."""
        with self._changed:
            if name in self._tables.get(table, {}):
                return False
            self.put(table, name, record)
            return True

    def get(self, table: str, name: str) -> Record | None:
        with self._changed:
            return copy.deepcopy(self._tables.get(table, {}).get(name))

    def all(self, table: str) -> list[Record]:
        with self._changed:
            return copy.deepcopy(list(self._tables.get(table, {}).values()))

    def update(self, table: str, name: str, **changes: Any) -> None:
        """Set members of a record that is still there, and its last-modified time."""
        with self._changed:
            record = self._tables.get(table, {}).get(name)
            if record is not None:
                record.update(copy.deepcopy(changes), LastModifiedTime=time.time())
                self._changed.notify_all()

    def pop(self, table: str, name: str) -> Record | None:
        with self._changed:
            record = self._tables.get(table, {}).pop(name, None)
            self._changed.notify_all()
            return record

    def wait(self, table: str, name: str, ready: Callable[[Record | None], bool]) -> Record | None:
        """Block until the record satisfies `ready`; answers a copy of it."""
        with self._changed:
            self._changed.wait_for(lambda: ready(self._tables.get(table, {}).get(name)))
            return self.get(table, name)

    def snapshot(self) -> dict[str, dict[str, Record]]:
        with self._changed:
            return copy.deepcopy(self._tables)

    def restore(self, tables: dict[str, dict[str, Record]]) -> None:
        with self._changed:
            self._tables = copy.deepcopy(tables)
            self._changed.notify_all()
