"""The figures of what the chosen model looks at, where it errs, and what it decides."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from catalog.records.placement_request import LOAD_PATTERNS, TIME_WINDOWS, WORKLOADS
from studies import placement_steps as steps
from studies.placement_drawing import ECS, FOUR, GREY, LAMBDA, panels, percent
from studies.placement_reasons import Array, Reasons, payloads
from studies.placement_steps import CONTRACT
from studies.placement_tables import plain

MOST_IMPORTANT = 0.4


def importance(shares: Mapping[str, float], learner: str) -> Figure:
    figure, (axes,) = panels(1, 1, 4.4)
    names = list(shares)
    axes.barh(range(len(names)), list(shares.values()), color=ECS, height=0.65)
    axes.axvline(MOST_IMPORTANT, color=LAMBDA, linestyle="--", linewidth=1.5)
    axes.text(MOST_IMPORTANT, len(names) - 0.6, " 40%, at most", color=LAMBDA, fontsize=9, va="bottom")
    for at, value in enumerate(shares.values()):
        axes.text(value + 0.004, at, f"{value:.1%}", va="center", fontsize=9)
    axes.set(
        yticks=range(len(names)), yticklabels=names, xlabel="share of importance, as the learner counts it"
    )
    axes.set_xlim(0, max(0.5, 1.15 * max(shares.values())))
    axes.invert_yaxis()
    percent(axes, "x")
    axes.set_title(f"Importance of each feature: {steps.title(learner)}", loc="left", fontsize=11)
    return figure


def shap_summary(reasons: Reasons) -> Figure:
    figure, (axes,) = panels(1, 1, 5.2)
    random, order = np.random.default_rng(0), reasons.order
    for place, column in enumerate(order):
        value, moved = reasons.features[:, column], reasons.values[:, column]
        rank = np.argsort(np.argsort(value, kind="stable")) / max(len(value) - 1, 1)
        if len(np.unique(value)) < 10:
            rank = (value - value.min()) / max(float(np.ptp(value)), 1e-9)
        high = np.histogram(moved, 60)[0]
        crowd = high[np.clip(np.digitize(moved, np.histogram_bin_edges(moved, 60)) - 1, 0, 59)] / high.max()
        offset = place + 0.38 * crowd * random.uniform(-1, 1, len(moved))
        dots = axes.scatter(
            moved, offset, c=rank, cmap="viridis", vmin=0, vmax=1, s=4, linewidth=0, rasterized=True
        )
    axes.axvline(0, color=GREY, linewidth=1)
    names = [CONTRACT.columns[column] for column in order]
    axes.set(yticks=range(len(order)), yticklabels=names, xlabel="ECS  <  SHAP value, log-odds  >  Lambda")
    axes.invert_yaxis()
    bar = figure.colorbar(dots, ax=axes, ticks=(0, 1), aspect=40, pad=0.01)
    bar.ax.set_yticklabels(("low", "high"))
    bar.set_label("the feature's value", fontsize=9)
    axes.set_title("SHAP summary: what moved the answers of the chosen model", loc="left", fontsize=11)
    return figure


def shap_dependence(reasons: Reasons, most: int = 6) -> Figure:
    figure, parts = panels(2, most // 2, 5.8)
    kind = reasons.features[:, CONTRACT.columns.index("workload_type")].astype(int)
    for axes, column in zip(parts, reasons.order[:most], strict=True):
        name, value = CONTRACT.columns[column], reasons.features[:, column]
        whole = len(np.unique(value)) < 10
        shift = (kind - 1.5) * 0.12 if whole and name != "workload_type" else 0
        for code, color in enumerate(FOUR):
            mine = kind == code
            at = (value + shift)[mine]
            axes.scatter(
                at, reasons.values[mine, column], s=5, color=color, linewidth=0, alpha=0.6, rasterized=True
            )
        if name == "payload_size_kb":
            axes.set_xscale("log")
        axes.axhline(0, color=GREY, linewidth=1)
        axes.set_xlabel(name, fontsize=9)
        axes.grid(alpha=0.2)
    for axes in parts[:: most // 2]:
        axes.set_ylabel("SHAP value, log-odds to Lambda", fontsize=9)
    for name, color in zip(WORKLOADS, FOUR, strict=True):
        parts[0].scatter((), (), color=color, label=plain(name))
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    figure.suptitle(
        "SHAP dependence: the six features that move answers most", x=0.01, ha="left", fontsize=11
    )
    return figure


def regret(by: pd.DataFrame) -> Figure:
    loads = [each for each in LOAD_PATTERNS if each in set(by["load"])]
    figure, parts = panels(1, 2, 3.4, sharey=True)
    columns = (
        ("regret, $/million", "Regret, US dollars a million requests", "{:.2f}"),
        ("accuracy", "Accuracy", "{:.1%}"),
    )
    for axes, (column, what, form) in zip(parts, columns, strict=True):
        table = by.pivot(index="workload", columns="load", values=column).reindex(
            index=WORKLOADS, columns=loads
        )
        values = table.to_numpy(float)
        axes.imshow(values, cmap="Oranges" if column != "accuracy" else "Blues", aspect="auto")
        middle = (np.nanmin(values) + np.nanmax(values)) / 2
        for (row, place), value in np.ndenumerate(values):
            text = "none" if np.isnan(value) else form.format(value)
            color = "white" if value > middle + 0.15 * (np.nanmax(values) - middle) else "black"
            axes.text(place, row, text, ha="center", va="center", fontsize=10, color=color)
        axes.set(xticks=range(len(loads)), xticklabels=[plain(each).split()[0] for each in loads])
        axes.set(yticks=range(len(WORKLOADS)), yticklabels=[plain(each) for each in WORKLOADS], xlabel="load")
        axes.set_title(what, loc="left", fontsize=11)
    return figure


def decision_map(chance: Array) -> Figure:
    """`chance` as `map_of` gives it."""
    figure, parts = panels(len(WORKLOADS), len(TIME_WINDOWS), 6.6, sharex=True, sharey=True)
    places = [(kind, window) for kind in range(len(WORKLOADS)) for window in range(len(TIME_WINDOWS))]
    for axes, (kind, window) in zip(parts, places, strict=True):
        edges = np.geomspace(payloads()[0], payloads()[-1], len(payloads()) + 1)
        loads = np.arange(len(LOAD_PATTERNS) + 1) - 0.5
        shown = axes.pcolormesh(
            edges, loads, chance[kind, window], cmap="PuOr_r", vmin=0, vmax=1, rasterized=True
        )
        axes.set(
            xscale="log",
            yticks=range(len(LOAD_PATTERNS)),
            yticklabels=[each.split("_")[0] for each in LOAD_PATTERNS],
        )
        if kind == 0:
            axes.set_title(TIME_WINDOWS[window], fontsize=10)
        if window == 0:
            axes.set_ylabel(plain(WORKLOADS[kind]).replace(" ", "\n", 1), fontsize=9)
    figure.supxlabel("payload, KB (logarithmic)", fontsize=9)
    bar = figure.colorbar(shown, ax=parts, aspect=50, pad=0.01, ticks=(0, 0.5, 1))
    bar.ax.set_yticklabels(("ECS", "even", "Lambda"))
    figure.suptitle(
        "Where the chosen model sends a request: chance of Lambda by load", x=0.01, ha="left", fontsize=11
    )
    return figure
