"""The tables of collected data sets in docs/collection.md, between their markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.dataset import DAY, HOUR, MINUTE, Column, Dataset
from catalog.datasets import gaps

BEGIN, END = "<!-- datasets:begin -->", "<!-- datasets:end -->"
HEADER = ("Table", "Calls", "Looked for", "Window", "Begins", "AWS remembers")


def replaced(text: str, datasets: Sequence[Dataset]) -> str:
    """`text` with the tables between the markers; ValueError where there is not one pair of them."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the data sets stand between one line {BEGIN} and one line {END}; put them in")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{tables(datasets)}\n{END}{rest.split(END)[1]}"


def tables(datasets: Sequence[Dataset]) -> str:
    """One of all data sets, then the columns of each."""
    overview = _table([HEADER, *(_row(each) for each in datasets)])
    columns = [_columns(each.name, each.columns) for each in datasets]
    return "\n\n".join([overview, *columns, _columns(gaps.NAME, gaps.COLUMNS)])


def _row(dataset: Dataset) -> tuple[str, ...]:
    return (
        f"`{dataset.name}`: {dataset.title}",
        "<br>".join(f"`{call.action}`" for call in dataset.calls),
        f"every {_time(dataset.schedule_s)}",
        _time(dataset.window_s),
        f"{_time(dataset.look_back_s)} back" if dataset.look_back_s else "now",
        _time(dataset.history_s) if dataset.history_s else "nothing: what is not taken in its window is lost",
    )


def _columns(name: str, columns: Sequence[Column]) -> str:
    rows = [
        ("Column", "Type", "What it is"),
        *((f"`{each.name}`", each.kind, each.comment) for each in columns),
    ]
    return f"**`{name}`**\n\n{_table(rows)}"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(_lines(rows))


def _lines(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    head, *others = rows
    for row in (head, ("---",) * len(head), *others):
        yield f"| {' | '.join(row)} |"


def _time(seconds: int) -> str:
    for length, unit in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds % length == 0:
            count = seconds // length
            return unit if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"
