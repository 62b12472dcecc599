"""Money against waiting, a point for each threshold of the router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes

from local.compare.intervals import Row, longer, over
from local.compare.plots import COLOURS, MARKS, SMALL, legend, million, panels, saved
from local.compare.tables import TITLES

LONGER = 0.01
"""Share of Lambda's p95 by which the chosen threshold's may be longer."""
ROOM = 1.15
"""Of the width that thresholds take up."""


def draw(found: Mapping[str, Sequence[Row]], thresholds: Sequence[str], declared: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = panels(len(found), width=4.6)
    for axis, (pattern, rows) in zip(axes, found.items(), strict=True):
        _curve(axis, rows, thresholds, declared)
        right = max(_longer(rows, name) for name in thresholds) * ROOM
        for name in ("lambda", "oracle", "ecs"):
            _beside(axis, rows, name, right)
        axis.axvspan(100 * LONGER, max(right, 100 * LONGER), color="black", alpha=0.06, linewidth=0)
        axis.set_xlim(-0.1 * right, right)
        axis.margins(y=0.12)
        axis.set_title(pattern, fontsize=SMALL + 1)
        axis.set_xlabel("p95 longer than Lambda only's, % (shaded: too slow to be chosen)", fontsize=SMALL)
    axes[0].set_ylabel("USD a million requests", fontsize=SMALL)
    legend(figure, axes[0])
    return saved(figure, folder / "placement-simulated-frontier.svg")


def _curve(axis: Axes, rows: Sequence[Row], thresholds: Sequence[str], declared: str) -> None:
    points = [(_longer(rows, name), _bill(rows, name)) for name in thresholds]
    axis.plot(
        *zip(*points, strict=True), "o:", color=COLOURS["embedded"], markersize=5, label=TITLES["embedded"]
    )
    for place, (name, point) in enumerate(zip(thresholds, points, strict=True)):
        beside = (5, 4) if place % 2 else (-12, -11)
        axis.annotate(name, point, beside, textcoords="offset points", fontsize=SMALL - 2)
        if name == declared:
            axis.plot(*point, "o", markersize=11, fillstyle="none", color="black", label="as declared")


def _beside(axis: Axes, rows: Sequence[Row], name: str, right: float) -> None:
    """What lies too far right stands at the edge, with a word on where it is."""
    across, up = _longer(rows, name), _bill(rows, name)
    axis.plot(
        min(across, right), up, MARKS.get(name, "o"), color=COLOURS[name], label=TITLES[name], clip_on=False
    )
    if across > right:
        told = f"{TITLES[name]}: p95 {across:+,.0f}% \u2192"
        axis.annotate(told, (right, up), (-6, 6), textcoords="offset points", ha="right", fontsize=SMALL - 2)


def _longer(rows: Sequence[Row], name: str) -> float:
    spread = over(rows, lambda row: longer(row, name, "lambda"))
    return 100 * spread.mean if spread else float("nan")


def _bill(rows: Sequence[Row], name: str) -> float:
    spread = over(rows, million(name, "total_usd"))
    return spread.mean if spread else float("nan")
