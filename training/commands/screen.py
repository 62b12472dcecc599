"""What the person sees: steps with their progress on standard error, tables on standard output."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

METRIC = re.compile(r"\[\d+\]#011(\S+?):(\S+)")
"""How jobs print a metric."""


def told() -> Console:
    """Where steps and notes go; asked for when it is needed, since tests exchange the stream."""
    return Console(stderr=True, highlight=False)


def shown() -> Console:
    return Console(highlight=False)


def note(text: str) -> None:
    told().print(escape(text), soft_wrap=True)


class _Latest(io.TextIOBase):
    """What a job prints: its latest metric stands beside the step."""

    def __init__(self, title: str, status: Status) -> None:
        super().__init__()
        self._title, self._status, self._metrics = title, status, 0

    def write(self, text: str) -> int:
        for name, value in METRIC.findall(text):
            self._metrics += 1
            self._status.update(f"{self._title}: {name} {value} ({self._metrics})")
        return len(text)


@contextmanager
def step(title: str) -> Iterator[None]:
    """A step that tells what it does and how long it took; what the job prints meanwhile is its progress."""
    console, started = told(), time.monotonic()
    with console.status(title) as status, redirect_stdout(_Latest(title, status)):
        yield
    console.print(f"{title}: {time.monotonic() - started:.1f} s", style="dim")


def say(text: str, style: str = "") -> None:
    """A line of the answer; never broken, since whoever reads it may be a program."""
    shown().print(escape(text), style=style, soft_wrap=True)


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """The first column holds names, the others numbers."""
    found = Table(title=title, title_justify="left")
    for place, name in enumerate(columns):
        found.add_column(name, justify="right" if place else "left", overflow="fold")
    for row in rows:
        found.add_row(*(escape(cell) for cell in row))
    console = shown()
    console.print(found)
    sys.stdout.flush()


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
