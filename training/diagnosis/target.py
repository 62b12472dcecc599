"""The column that is to be predicted: what there is of it and how it is spread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.column import Column
from diagnosis.findings import Finding, percent, short
from diagnosis.profile import Profile

MOST_CLASSES, MOST_NUMBERS = 100, 20
RARE, FEW = 0.01, 50
LABELLED = 0.5


@dataclass(frozen=True)
class Classes:
    """How often each class is there; of numbers that are no classes, none."""

    counts: tuple[tuple[str, int], ...] = ()
    sampled: bool = False


def is_classes(column: Column) -> bool:
    """Texts, and the few whole numbers that code classes."""
    if column.kind in ("text", "boolean"):
        return True
    return column.kind == "number" and column.whole and column.different <= MOST_NUMBERS


def classes(found: Profile, expected: tuple[str, ...] = ()) -> Classes:
    """`expected` are classes a model knows: those that are not there count 0."""
    column = found.columns[found.roles.target or ""]
    if not is_classes(column):
        return Classes()
    if column.kind == "number":
        values = found.sample[column.name].dropna().value_counts()
        scale = column.given / max(1, int(values.sum()))
        return Classes(tuple((f"{each:g}", round(n * scale)) for each, n in values.items()), found.sampled)
    counts = dict(column.top(MOST_CLASSES + 1))
    return Classes(tuple((counts | {n: counts.get(n, 0) for n in expected}).items()))


def findings(found: Profile, balance: Classes) -> Iterator[Finding]:
    column = found.columns[found.roles.target or ""]
    name = (column.name,)
    if not column.given:
        yield Finding(code="no-target", severity="blocking", columns=name, seen="No row has a label.")
        return
    if column.missing >= LABELLED * column.rows:
        seen = (
            f"{column.missing:,} of {column.rows:,} rows ({percent(column.missing, column.rows)}) have none."
        )
        yield Finding(code="unlabelled", severity="warning", columns=name, seen=seen)
    if column.constant:
        only = balance.counts[0][0] if balance.counts else column.low
        seen = f"All {column.given:,} labels are {short(only)}."
        yield Finding(code="one-class", severity="blocking", columns=name, seen=seen)
    elif is_classes(column) and column.different > MOST_CLASSES:
        seen = f"{column.different:,} different labels."
        yield Finding(code="many-classes", severity="warning", columns=name, seen=seen)
    else:
        yield from _rare(name, balance, column.given)


def _rare(name: tuple[str, ...], balance: Classes, given: int) -> Iterator[Finding]:
    rare = [(each, n) for each, n in balance.counts if n < max(FEW, RARE * given)]
    if rare:
        told = ", ".join(f"{short(each)} ({n:,} rows, {percent(n, given)})" for each, n in rare[:5])
        yield Finding(
            code="imbalance", severity="warning", columns=name, seen=f"{told}.", sampled=balance.sampled
        )
