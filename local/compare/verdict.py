"""Whether routing keeps its promise: cheaper by a tenth or more than the better baseline, and as quick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from local.compare.intervals import Row, Spread, better, longer, over, reached, saving
from local.compare.tables import TITLES, configurations

LEAST, MOST = 0.10, 0.30
EQUAL = 0.005
"""A p95 longer by less than this counts as equal."""
GOAL = f"The goal: {LEAST:.0%} to {MOST:.0%} cheaper than the better baseline, at an equal or better p95."
WHICH = {"burden_usd": "of the lesser burden", "total_usd": "of the smaller bill"}


def judged(found: Mapping[str, Sequence[Row]]) -> list[str]:
    """A line for each pattern, baseline and way to ask; then what the oracle would save."""
    return [line for pattern, rows in found.items() for line in _lines(pattern, rows)]


def outcome(saved: Spread, slower: Spread) -> str:
    """Reached where all of the interval says so, not reached where none of it does."""
    half = saved.half or 0.0
    if slower.mean > EQUAL or saved.mean + half < LEAST:
        return "not reached"
    return "reached" if saved.mean - half >= LEAST else "cannot be told from so few"


def _lines(pattern: str, rows: Sequence[Row]) -> Iterator[str]:
    known = [name for name in ("model", "embedded", "oracle") if name in configurations(rows)]
    baselines: dict[str, list[str]] = {}
    for measure, words in WHICH.items():
        if all(row["lambda"].get(measure) is not None for row in rows):
            baselines.setdefault(better(rows, measure), []).append(words)
    for baseline, told_of in baselines.items():
        told = "; ".join(_told(rows, name, baseline) for name in known)
        which = " and ".join(told_of)
        yield f"**{pattern}**, against {TITLES[baseline]}, the baseline {which}: {told}."
    if "oracle" in known:
        shares = (_share(rows, name) for name in known if name != "oracle")
        yield f"**{pattern}**, share of the oracle's gain in burden: {', '.join(shares)}."


def _told(rows: Sequence[Row], name: str, baseline: str) -> str:
    saved = over(rows, lambda row: saving(row, name, baseline))
    slower = over(rows, lambda row: longer(row, name, baseline))
    if not (saved and slower):
        return f"{TITLES[name]} cannot be compared"
    price = f"{abs(saved.mean):.1%} {'cheaper' if saved.mean >= 0 else 'dearer'}"
    interval = f" (± {saved.half:.1%})" if saved.half is not None else ""
    p95 = f"{slower.mean:+.2%}" + (f" (± {slower.half:.2%})" if slower.half is not None else "")
    return f"{TITLES[name]} is {price}{interval}, its p95 {p95}: {outcome(saved, slower)}"


def _share(rows: Sequence[Row], name: str) -> str:
    share = over(rows, lambda row: reached(row, name))
    return f"{TITLES[name]} {share.shown('.0%') if share else 'unknown'}"
