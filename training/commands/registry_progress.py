"""Tells how far a promotion is: a line that changes at a terminal, a line for each change elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def following(title: str) -> Iterator[Callable[[str], None]]:
    """A function that takes what happens now."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _lines(console, title)
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda text: progress.update(task, description=f"{title}: {text}")


def _lines(console: Console, title: str) -> Callable[[str], None]:
    told: list[str] = []

    def say(text: str) -> None:
        if told[-1:] != [text]:
            told[:] = [text]
            console.print(f"{title}: {text}", markup=False)

    return say
