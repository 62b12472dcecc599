"""What a collected data set is: where it comes from, its columns, and when it is read. Ships nowhere: a
collector carries the `settings` of its own data set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "double", "bigint", "boolean", "timestamp"]
"""Named as Athena names them; times are UTC, to the millisecond."""
KINDS: tuple[Kind, ...] = ("string", "double", "bigint", "boolean", "timestamp")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MINUTE, HOUR, DAY = 60, 3600, 86_400
PARTITION = "date"
"""Of every data set: the UTC day of a window, YYYY-MM-DD, in the objects' names."""
TAKEN = ("insights", "loaded", "aws")
"""Beginnings of names in the raw bucket that belong to others."""


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    kind: Kind
    description: str
    unit: str = ""
    required: bool = False
    """A row without it is set aside."""

    @property
    def comment(self) -> str:
        """What the table says of it."""
        return f"{self.description} ({self.unit})" if self.unit else self.description


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the service, which takes no resource for the `reason`."""

    action: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A table of rows that are read window by window. Durations are in seconds."""

    name: str
    """The table, the beginning of its objects' names, and the module that reads it."""
    title: str
    calls: tuple[Call, ...]
    columns: tuple[Column, ...]
    schedule_s: int
    """How often its collector looks whether a window is ripe."""
    window_s: int
    """What is read and stored at once; days are whole windows."""
    history_s: int = 0
    """How long the service remembers; 0 where it tells only what is so now."""
    look_back_s: int = 0
    """How much of that the first runs read."""
    settle_s: int = 0
    """How long after a window's end the service may still add to it."""
    deniable: bool = False
    """Whether an account may be refused it: then a gap is recorded, and nobody is called."""

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ValueError(f"data set {self.name!r}: " + "; ".join(problems))

    @property
    def stale_after_s(self) -> int:
        """The end of the newest window is older than this after two schedules without success."""
        return self.window_s + self.settle_s + 2 * self.schedule_s

    def settings(self) -> Mapping[str, object]:
        """What its collector needs to know."""
        return {
            "name": self.name,
            "window_s": self.window_s,
            "history_s": self.history_s,
            "look_back_s": self.look_back_s,
            "settle_s": self.settle_s,
            "stale_after_s": self.stale_after_s,
            "deniable": self.deniable,
            "columns": [[each.name, each.kind, each.required] for each in self.columns],
        }


def checked(*datasets: Dataset) -> tuple[Dataset, ...]:
    """The data sets as they are given; ValueError where two claim one name."""
    names = [each.name for each in datasets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"data sets: {', '.join(twice)} stand more than once; allowed is one of each name")
    return datasets


def _problems(given: Dataset) -> Iterator[str]:
    if not NAME.fullmatch(given.name) or given.name in TAKEN:
        yield f"name must be snake_case and none of {', '.join(TAKEN)}"
    for call in given.calls:
        if not re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", call.action):
            yield f"call {call.action!r} must be one action of one service, as ec2:DescribeInstanceTypes"
    yield from _column_problems(given.columns)
    yield from _time_problems(given)


def _column_problems(columns: tuple[Column, ...]) -> Iterator[str]:
    names = [column.name for column in columns]
    if not any(column.required for column in columns):
        yield "no column is required; a row must say what it is of"
    for column in columns:
        if not NAME.fullmatch(column.name) or names.count(column.name) > 1 or column.name == PARTITION:
            yield f"column {column.name!r} must be snake_case, stand once and not be {PARTITION!r}"
        if column.kind not in KINDS:
            yield f"column {column.name!r} has kind {column.kind!r}; allowed are {', '.join(KINDS)}"
        if not column.description:
            yield f"column {column.name!r} lacks its description"


def _time_problems(given: Dataset) -> Iterator[str]:
    if not MINUTE <= given.window_s <= DAY or DAY % given.window_s:
        yield f"window_s {given.window_s} must divide a day, {DAY}"
    if not MINUTE <= given.schedule_s <= DAY or given.schedule_s % MINUTE:
        yield f"schedule_s {given.schedule_s} must be whole minutes, at most a day"
    if not 0 <= given.look_back_s <= given.history_s:
        yield f"look_back_s {given.look_back_s} must be 0 to what the service remembers, {given.history_s}"
    if not 0 <= given.settle_s <= DAY:
        yield f"settle_s {given.settle_s} must be 0 to a day"
