"""The report as one page: everything in it, nothing fetched. Drawn from what the JSON holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2

HERE = Path(__file__).parent
WIDE, HIGH, GAP = 240.0, 56.0, 1.0
MOST_DRAWN = 12
"""Drifted columns and leaking ones that are drawn; all are in the tables."""
MATRIX = 14


def render(report: dict[str, Any], explorer: str = "") -> str:
    """`explorer` is a page of its own that is shown in a frame without rights, closed at first."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(count=count, figure=figure, percent=percent, size=size)
    environment.globals.update(bars=bars, pairs_of_bars=pairs_of_bars)
    told = {
        "report": report,
        "groups": grouped(report["findings"]),
        "matrix": matrix(report["associations"]),
        "explorer": explorer,
        "most": MOST_DRAWN,
    }
    return environment.get_template("report.html.j2").render(told)


def grouped(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings of one kind and severity together, in the order of the first of each."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for each in findings:
        key = (each["severity"], each["code"])
        group = groups.setdefault(key, {**each, "cases": []})
        told = bool(each["columns"]) and all(name in each["seen"] for name in each["columns"][:1])
        group["cases"].append({"told": told} | {name: each[name] for name in ("columns", "seen", "basis")})
    return list(groups.values())


def bars(counts: list[float], wide: float = WIDE, high: float = HIGH) -> list[dict[str, float]]:
    """Rectangles of a histogram; what is there at all can be seen."""
    most, step = max(counts, default=0) or 1, wide / max(1, len(counts))
    drawn = []
    for place, value in enumerate(counts):
        tall = max(1.0, high * value / most) if value else 0.0
        drawn.append({"x": place * step, "y": high - tall, "width": max(0.5, step - GAP), "height": tall})
    return drawn


def pairs_of_bars(before: list[float], after: list[float]) -> list[tuple[dict[str, float], dict[str, float]]]:
    """Two histograms on one scale, side by side in each bin."""
    both = bars([share for pair in zip(before, after, strict=True) for share in pair])
    for one, two in zip(both[::2], both[1::2], strict=True):
        one["x"], two["x"] = one["x"] + 2 * GAP, two["x"] - GAP
        one["width"] = two["width"] = max(0.5, one["width"] - 2 * GAP)
    return list(zip(both[::2], both[1::2], strict=True))


def matrix(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Cramer's V of the columns in the strongest pairs, as rows of cells; None where it is not told."""
    names: list[str] = []
    for pair in pairs:
        more = [name for name in (pair["left"], pair["right"]) if name not in names]
        if len(names) + len(more) <= MATRIX:
            names += more
    known = {frozenset((pair["left"], pair["right"])): pair for pair in pairs}
    rows = [[known.get(frozenset((left, right))) for right in names] for left in names]
    return {"names": names, "rows": rows}


def count(value: float) -> str:
    return f"{value:,.0f}"


def figure(value: float | str | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):  # a time
        return value[:16].replace("T", " ")
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e7 else f"{value:.4g}"


def percent(part: float, whole: float = 1.0) -> str:
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f}%" if share >= 10 or share == 0 else f"{share:.1f}%" if share >= 0.1 else "<0.1%"


def size(amount: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return ""
