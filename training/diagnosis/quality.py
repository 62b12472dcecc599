"""What is wrong with columns as such, whatever they are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diagnosis.column import Column
from diagnosis.findings import Finding, listed, percent, short
from diagnosis.profile import Profile

Floats = NDArray[np.float64]
FEW = 100
MISSING_NOTED, MISSING_WARNED = 0.05, 0.5
UNIQUE = 0.97
RARE = 0.001
FENCE = 3.0
"""Quartile ranges beyond the quartiles: Tukey's outer fences."""
OUTLIERS = 0.01
FAR, FEW_FAR = 1000.0, 0.001
CODES = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0)
CODED = 0.002
"""Share of rows from which on a code is more than chance."""


def findings(found: Profile, may_lack: set[str]) -> Iterator[Finding]:
    """`may_lack` are columns in which a schema expects missing values."""
    if not found.rows:
        yield Finding(code="no-rows", severity="blocking", seen="The file has columns and no rows.")
        return
    if found.rows < FEW:
        yield Finding(code="few-rows", severity="warning", seen=f"{found.rows} rows.")
    for column in found.columns.values():
        yield from _of_all(column, column.name in may_lack)
        if column.kind == "number":
            yield from _of_numbers(column, found)
        elif column.kind in ("text", "boolean"):
            yield from _of_texts(column)
    yield from _identifiers(found)


def _of_all(column: Column, may_lack: bool) -> Iterator[Finding]:
    name = (column.name,)
    share = column.missing / column.rows
    if not column.given:
        yield Finding(code="empty-column", severity="warning", columns=name, seen="No row has a value.")
    elif share >= MISSING_NOTED:
        yield Finding(
            code="missing",
            severity="warning" if share >= MISSING_WARNED and not may_lack else "note",
            columns=name,
            seen=f"{column.missing:,} of {column.rows:,} rows ({percent(share, 1)}) lack it.",
        )
    if column.wrong:
        yield Finding(
            code="mixed-types",
            severity="warning",
            columns=name,
            seen=f"{column.wrong:,} values are no {column.kind}: {listed(map(repr, column.examples))}.",
        )
    if column.kind == "other":
        yield Finding(
            code="not-profiled", severity="note", columns=name, seen="Its type is nested or binary."
        )
    if column.constant and column.rows > 1:
        yield Finding(
            code="constant", severity="warning", columns=name, seen=f"Every value is {_only(column)}."
        )


def _only(column: Column) -> str:
    if column.kind == "number" or not column.top(1):
        return short(column.low)
    return repr(short(column.top(1)[0][0]))


def _of_numbers(column: Column, found: Profile) -> Iterator[Finding]:
    name, values = (column.name,), found.sample[column.name].to_numpy(float)
    if column.infinite:
        yield Finding(
            code="infinite",
            severity="warning",
            columns=name,
            seen=f"{column.infinite:,} values are infinite.",
        )
    values = values[np.isfinite(values)]
    if len(values) < FEW or column.constant:
        return
    yield from _codes(name, values, found.sampled)
    yield from _far(name, values, found.sampled)
    if column.different > 2:
        top = pd.Series(values).value_counts(normalize=True).iloc[0]
        yield from _near_constant(name, float(top), found.sampled)


def _codes(name: tuple[str, ...], values: Floats, sampled: bool) -> Iterator[Finding]:
    """Numbers that mean missing: far from all others, and often."""
    for code in CODES:
        same = values == code
        others = values[~same]
        if same.mean() < CODED or len(others) < FEW:
            continue
        low, high = others.min(), others.max()
        apart = low - code if code < low else code - high
        if apart > max(0.0, 0.1 * (high - low)) or (code < 0 <= low):
            share = percent(same.sum(), len(values))
            seen = (
                f"{short(code)} is {share} of the values; the others are from {short(low)} to {short(high)}."
            )
            yield Finding(code="sentinel", severity="warning", columns=name, seen=seen, sampled=sampled)


def _far(name: tuple[str, ...], values: Floats, sampled: bool) -> Iterator[Finding]:
    middle = np.median(values)
    low, high, outside = _fences(values)
    usual = np.quantile(np.abs(values - middle), 0.99)
    far = np.abs(values - middle) > FAR * usual
    if usual > 0 and far.any() and far.mean() <= FEW_FAR:
        worst = values[far][np.abs(values[far]).argmax()]
        within = f"99% lie within {short(float(usual))} of {short(float(middle))}"
        seen = f"{int(far.sum())} values are like {short(float(worst))}; {within}."
        yield Finding(code="far-outliers", severity="warning", columns=name, seen=seen, sampled=sampled)
    elif high > low and outside.mean() >= OUTLIERS:
        seen = (
            f"{percent(outside.sum(), len(values))} of the values lie outside"
            f" {short(low)} to {short(high)} (three quartile ranges beyond the quartiles)."
        )
        yield Finding(code="outliers", severity="note", columns=name, seen=seen, sampled=sampled)


def _fences(values: Floats) -> tuple[float, float, NDArray[np.bool_]]:
    """Bounds, and which values are outside. Where values are skewed, only high ones are, by their factor."""
    first, middle, third = np.quantile(values, (0.25, 0.5, 0.75))
    skewed = values.min() >= 0 and first > 0 and third - middle > middle - first
    if skewed:
        first, third = np.log(first), np.log(third)
    reach = FENCE * (third - first)
    low, high = float(first - reach), float(third + reach)
    if skewed:
        low, high = 0.0, float(np.exp(high))
    return low, high, (values < low) | (values > high)


def _near_constant(name: tuple[str, ...], top: float, sampled: bool) -> Iterator[Finding]:
    if 1 - RARE <= top < 1:
        seen = f"One value is {percent(top, 1)} of all."
        yield Finding(code="near-constant", severity="note", columns=name, seen=seen, sampled=sampled)


def _of_texts(column: Column) -> Iterator[Finding]:
    name = (column.name,)
    if column.blank:
        yield Finding(code="blank", severity="note", columns=name, seen=f"{column.blank:,} texts are blank.")
    if column.kind == "text" and column.given and column.numeric == column.given:
        seen = f"All {column.given:,} texts are numbers."
        yield Finding(code="numbers-as-text", severity="note", columns=name, seen=seen)
    if column.top(1) and column.different > 1:
        yield from _near_constant(name, column.top(1)[0][1] / column.given, sampled=False)
    if column.frequent.counts and column.different < UNIQUE * column.given:
        yield from _spellings(name, column.frequent.counts)


def _spellings(name: tuple[str, ...], counts: Counter[str]) -> Iterator[Finding]:
    by_word: dict[str, list[str]] = {}
    for text in counts:
        by_word.setdefault(" ".join(text.casefold().split()), []).append(text)
    several = [sorted(texts) for texts in by_word.values() if len(texts) > 1]
    if several and len(counts) <= FEW:
        words = "value" if len(several) == 1 else "values"
        seen = f"{len(several)} {words} in several spellings, such as {listed(map(repr, several[0]))}."
        yield Finding(code="spelling", severity="warning", columns=name, seen=seen)


def _identifiers(found: Profile) -> Iterator[Finding]:
    """Whole numbers and texts that hardly ever come twice, keys and target aside."""
    aside = {*found.roles.keys, found.roles.target}
    for column in found.of_kind("text", "number"):
        if column.name in aside or column.given < FEW or column.different < UNIQUE * column.given:
            continue
        if column.kind == "number" and not (column.whole and _dense(column)):
            continue
        about = "" if column.distinct.exact else "about "
        seen = f"{about}{column.different:,} different values in {column.given:,} rows."
        yield Finding(
            code="identifier", severity="warning", columns=(column.name,), seen=seen[0].upper() + seen[1:]
        )


def _dense(column: Column) -> bool:
    """Whether whole numbers run through, as row numbers do."""
    return column.high - column.low < 3 * column.given
