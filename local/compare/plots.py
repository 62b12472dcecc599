"""The comparison's plots, as files that a page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from local.compare.intervals import BASELINES, Row, Spread, burden_saving, over, saving
from local.compare.tables import MILLION, TITLES, configurations

COLOURS = {
    "lambda": "#d1700f", "ecs": "#2a6fb0", "model": "#1a8a4a", "embedded": "#7cc46c",
    "forwarded": "#0b4f2a", "rule": "#7d7d7d", "oracle": "#8c3fa8", "cheapest": "#c98ab0",
}  # fmt: skip
MARKS = {"oracle": "*", "cheapest": "*", "rule": "s"}
ROUTED = ("model", "embedded")
SMALL = 9
Found = Mapping[str, Sequence[Row]]
"""Rows of the seeds, by pattern."""


def draw(found: Found, levels: Sequence[float], folder: Path, prefix: str) -> list[Path]:
    """Writes the plots; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {"cost": _cost(found), "latency": _latency(found, levels), "savings": _savings(found)}
    return [saved(figure, folder / f"{prefix}-{name}.svg") for name, figure in made.items()]


def saved(figure: Figure, path: Path) -> Path:
    with mpl.rc_context({"svg.hashsalt": "compare"}):  # the same figures, the same bytes
        figure.savefig(path, metadata={"Date": None})
    return path


def _cost(found: Found) -> Figure:
    """The bill against p95, a panel for each pattern."""
    figure, axes = panels(len(found))
    for axis, (pattern, rows) in zip(axes, found.items(), strict=True):
        for name in configurations(rows):
            bill, p95 = over(rows, million(name, "total_usd")), over(rows, plain(name, "p95_ms"))
            if bill and p95:
                _cross(axis, name, p95, bill)
        axis.set_title(pattern, fontsize=SMALL + 1)
        axis.set_xlabel("p95 (ms)", fontsize=SMALL)
        axis.set_ylim(bottom=0)
        axis.margins(x=0.12)
        axis.set_xlim(left=max(0.0, axis.get_xlim()[0]))
    axes[0].set_ylabel("USD a million requests", fontsize=SMALL)
    legend(figure, axes[0])
    return figure


def _cross(axis: Axes, name: str, across: Spread, up: Spread) -> None:
    axis.errorbar(
        across.mean,
        up.mean,
        xerr=across.half or 0.0,
        yerr=up.half or 0.0,
        fmt=MARKS.get(name, "o"),
        markersize=6,
        capsize=3,
        color=COLOURS[name],
        label=TITLES[name],
    )


def _latency(found: Found, levels: Sequence[float]) -> Figure:
    """Share of requests that take longer, of the first seed: the tail is what matters. A request without an
    answer is slower than any."""
    figure, axes = panels(len(found))
    for axis, (pattern, rows) in zip(axes, found.items(), strict=True):
        for name in configurations(rows):
            if name not in ("cheapest", "forwarded"):
                points = zip(rows[0][name]["curve_ms"], levels, strict=True)
                known = [(ms, 1 - level) for ms, level in points if ms is not None]
                axis.plot(*zip(*known, strict=True), color=COLOURS[name], label=TITLES[name], linewidth=1.3)
        axis.set_title(pattern, fontsize=SMALL + 1)
        axis.set_xlabel("latency (ms)", fontsize=SMALL)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.axhline(0.05, color="black", linewidth=0.6, linestyle=":")
    axes[0].set_ylabel("share of requests that take longer", fontsize=SMALL)
    axes[0].annotate(
        "p95", (1, 0.05), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8
    )
    legend(figure, axes[0])
    return figure


def _savings(found: Found) -> Figure:
    """What routing saves of either baseline's bill, and of its burden where that is known."""
    weighed = all(row["model"].get("burden_usd") is not None for rows in found.values() for row in rows)
    kinds = {"bill": saving, "burden": burden_saving} if weighed else {"bill": saving}
    figure, axes = panels(len(kinds), width=4.8)
    names = [name for name in ROUTED if all(name in configurations(rows) for rows in found.values())]
    bars = [(name, baseline) for name in names for baseline in BASELINES]
    for axis, (title, ask) in zip(axes, kinds.items(), strict=True):
        for place, (name, baseline) in enumerate(bars):
            spreads = [over(rows, _against(ask, name, baseline)) for rows in found.values()]
            wide = 0.84 / len(bars)
            axis.bar(
                [n - 0.42 + wide * (place + 0.5) for n in range(len(spreads))],
                [100 * each.mean if each else 0.0 for each in spreads],
                wide * 0.92,
                yerr=[100 * (each.half or 0.0) if each else 0.0 for each in spreads],
                capsize=2,
                color=COLOURS[baseline],
                alpha=1.0 if name == "model" else 0.5,
                label=f"{TITLES[name]}, against {TITLES[baseline]}",
            )
        axis.axhline(0, color="black", linewidth=0.8)
        axis.set_title(f"saved of the {title}, %", fontsize=SMALL + 1)
        axis.set_xticks(range(len(found)), list(found))
    legend(figure, axes[0], columns=2)
    return figure


def plain(name: str, key: str) -> Callable[[Row], float | None]:
    return lambda row: row[name][key]


def million(name: str, key: str) -> Callable[[Row], float | None]:
    return lambda row: row[name][key] / row[name]["requests"] * MILLION


def _against(
    ask: Callable[[Row, str, str], float], name: str, baseline: str
) -> Callable[[Row], float | None]:
    return lambda row: ask(row, name, baseline)


def panels(columns: int, width: float = 3.2) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width * max(columns, 1.6), 3.7), layout="constrained")
    axes = list(figure.subplots(1, columns, squeeze=False)[0])
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25)
        axis.set_axisbelow(True)
        axis.tick_params(labelsize=SMALL - 1)
    return figure, axes


def legend(figure: Figure, axis: Axes, columns: int = 4) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=SMALL - 1
    )
