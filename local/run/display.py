"""Steps as a person sees them: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

PLAIN_INTERVAL_S = 5.0


@dataclass
class Step:
    """One step: what it is doing now and how long it took."""

    title: str
    detail: str = ""
    started: float = field(default_factory=time.monotonic)
    seconds: float | None = None
    failed: bool = False

    def say(self, detail: str) -> None:
        self.detail = detail

    @property
    def elapsed(self) -> float:
        return self.seconds if self.seconds is not None else time.monotonic() - self.started


class Steps:
    """Runs steps one after another and shows them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.done: list[Step] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        step = Step(title) if self.console.is_terminal else _PlainStep(title, console=self.console)
        try:
            if self.console.is_terminal:
                with Live(_Row(step), console=self.console, refresh_per_second=8, transient=True):
                    yield step
            else:
                self.console.print(f"  ... {title}")
                yield step
        except BaseException:
            step.failed = True
            raise
        finally:
            step.seconds = time.monotonic() - step.started
            self.done.append(step)
            self.console.print(_line(step))


@dataclass
class _PlainStep(Step):
    """A step that prints what it says, at most every few seconds."""

    console: Console = field(default_factory=Console)
    printed: float = 0.0

    def say(self, detail: str) -> None:
        now = time.monotonic()
        if detail != self.detail and now - self.printed >= PLAIN_INTERVAL_S:
            self.console.print(Text(f"      {detail}", no_wrap=True, overflow="ellipsis"))
            self.printed = now
        self.detail = detail


class _Row:
    """Renders a running step afresh at each refresh."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.spinner = Spinner("dots")

    def __rich__(self) -> Group:
        table = Table.grid(padding=(0, 1))
        table.add_row(
            self.spinner,
            Text(self.step.title, style="bold"),
            Text(f"{self.step.elapsed:.0f} s", style="dim"),
            Text(self.step.detail, style="cyan", overflow="ellipsis", no_wrap=True),
        )
        return Group(table)


def _line(step: Step) -> Table:
    table = Table.grid(padding=(0, 1))
    mark = Text("x", style="bold red") if step.failed else Text("✓", style="bold green")
    title, seconds = Text(f"{step.title:<28}", style="bold"), Text(f"{step.elapsed:6.1f} s", style="dim")
    table.add_row(mark, title, seconds, Text(step.detail, no_wrap=True, overflow="ellipsis"))
    return table
