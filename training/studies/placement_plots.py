"""The figures of the placement data and of the learners' answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

import curves
import metrics
from baselines import Answers
from catalog.models.placement import TWINS
from catalog.records.placement_request import WORKLOADS
from dataset import Rows
from studies import placement_steps as steps
from studies.placement_drawing import ECS, GREY, LAMBDA, panels, percent, styles
from studies.placement_steps import CONTRACT
from studies.placement_tables import WANTED, plain

LIMIT_KB = TWINS.function.limit_kb


def share_by_type(shares: pd.DataFrame) -> Figure:
    figure, (axes,) = panels(1, 1, 3.0)
    place = np.arange(len(shares))
    found = shares["lambda better"].astype(float)
    axes.barh(place, found, color=LAMBDA, height=0.55, label="Lambda better")
    axes.barh(place, 1 - found, left=found, color=ECS, height=0.55, label="ECS better")
    axes.scatter(
        list(WANTED.values()), place, marker="|", s=700, color="black", linewidth=2, label="wanted", zorder=3
    )
    for at, value in enumerate(found):
        axes.text(0.01, at, f"{value:.1%}", va="center", color="white", fontsize=10, weight="bold")
    axes.set(
        yticks=place, yticklabels=list(shares.index), xlim=(0, 1), xlabel="share of requests (synthetic)"
    )
    axes.invert_yaxis()
    percent(axes, "x")
    axes.set_title("Which platform serves a request better, by workload", loc="left", fontsize=11)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    return figure


def variance(variance: pd.DataFrame) -> Figure:
    figure, (left, right) = panels(1, 2, 3.9)
    for name, style in zip(WORKLOADS, styles(), strict=True):
        part = variance[variance["workload_type"] == name]
        left.plot(part["payload_kb"], part["lambda"], label=plain(name), **style)
        right.plot(part["payload_kb"], part["differ"], **style)
    for axes, what in (
        (left, "Lambda is the better platform"),
        (right, "Pairs of equal requests that differ"),
    ):
        axes.set(xscale="log", xlabel="payload, KB (logarithmic)", ylabel="share (synthetic)")
        axes.axvline(LIMIT_KB, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_title(what, loc="left", fontsize=11)
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.grid(alpha=0.25)
        percent(axes)
    left.set_ylim(-0.03, 1.03)
    right.set_ylim(-0.01, 0.6)
    right.axhline(0.5, color=GREY, linewidth=1)
    right.text(
        0.01, 0.505, "a coin", color=GREY, fontsize=8, transform=right.get_yaxis_transform(), va="bottom"
    )
    right.text(LIMIT_KB * 0.9, 0.585, "Lambda's limit", color=GREY, fontsize=8, ha="right", va="top")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def timeline(requests: pd.DataFrame) -> Figure:
    figure, (axes,) = panels(1, 1, 2.7)
    time = requests["timestamp"].dt.tz_localize(None)
    edges = pd.date_range(time.min().floor("6h"), time.max().ceil("6h"), freq="6h")
    parts = [time[requests["split"] == name] for name in steps.SPLITS]
    colors = ("#56B4E9", "#E69F00", "#CC79A7")
    labels = [f"{name}: {len(part):,}" for name, part in zip(steps.SPLITS, parts, strict=True)]
    axes.hist(parts, bins=edges.to_numpy(), stacked=True, color=colors, label=labels)  # type: ignore[arg-type]
    axes.set(ylabel="requests in 6 hours", xlabel="time (UTC)")
    axes.set_title("The splits follow one another in time", loc="left", fontsize=11)
    axes.legend(frameon=False, fontsize=9, loc="lower right", ncols=3, bbox_to_anchor=(1, 1))
    return figure


def search(trials: pd.DataFrame) -> Figure:
    figure, (axes,) = panels(1, 1, 3.0)
    for name, style in zip(steps.LEARNERS, styles(), strict=True):
        part = trials[trials["learner"] == name]
        axes.plot(part["trial"], part["value"], label=steps.title(name), **style)
        kept = part[part["kept"]]
        axes.scatter(
            kept["trial"], kept["value"], s=130, facecolors="none", edgecolors=style["color"], linewidth=1.5
        )
    axes.set(xlabel="trial", ylabel="log loss on validation")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.25)
    axes.set_title("Each learner's search; the circled trial is kept", loc="left", fontsize=11)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    return figure


def confusion(test: Rows, answers: Mapping[str, Answers]) -> Figure:
    figure, parts = panels(1, len(answers), 3.0, sharey=True)
    classes = CONTRACT.target.classes
    for axes, (name, each) in zip(parts, answers.items(), strict=True):
        assert each.labels is not None  # noqa: S101 - placement answers with a platform
        matrix = metrics.confusion(steps.truth(test), each.labels, len(classes))
        share = matrix / matrix.sum(axis=1, keepdims=True)
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row in range(len(classes)):
            for column in range(len(classes)):
                color = "white" if share[row, column] > 0.5 else "black"
                text = f"{matrix[row, column]:,}\n{share[row, column]:.1%}"
                axes.text(column, row, text, ha="center", va="center", color=color, fontsize=10)
        axes.set(xticks=(0, 1), xticklabels=classes, yticks=(0, 1), yticklabels=classes, xlabel="answer")
        axes.set_title(steps.title(name), fontsize=11)
    parts[0].set_ylabel("better platform")
    return figure


def roc(test: Rows, answers: Mapping[str, Answers]) -> Figure:
    figure, (whole, near) = panels(1, 2, 4.5)
    for (name, each), style in zip(answers.items(), styles(), strict=True):
        curve = curves.roc(steps.truth(test), each.values, CONTRACT.target.classes)["lambda"]
        look = {"color": style["color"], "linestyle": style["linestyle"]}
        whole.plot(curve["fpr"], curve["tpr"], label=f"{steps.title(name)}: {curve['auc']:.3f}", **look)
        near.plot(curve["fpr"], curve["tpr"], **look)
    whole.plot((0, 1), (0, 1), color=GREY, linewidth=1)
    whole.set_title("ROC curves, Lambda against ECS", loc="left", fontsize=11)
    near.set_title("The corner near the ideal", loc="left", fontsize=11)
    near.set(xlim=(0, 0.4), ylim=(0.6, 1.0))
    whole.legend(title="area under the curve", frameon=False, fontsize=9, title_fontsize=9, loc="lower right")
    for axes in (whole, near):
        axes.set(xlabel="share of ECS's requests sent to Lambda", ylabel="share of Lambda's requests found")
        axes.set_aspect("equal")
        axes.grid(alpha=0.25)
        percent(axes)
        percent(axes, "x")
    return figure


def calibration(test: Rows, answers: Mapping[str, Answers]) -> Figure:
    figure, (left, right) = panels(1, 2, 4.0, width_ratios=(1, 1))
    for (name, each), style in zip(answers.items(), styles(), strict=True):
        assert each.labels is not None  # noqa: S101 - placement answers with a platform
        told = curves.calibration(steps.truth(test), each.values, each.labels)
        filled = [place for place, rows in enumerate(told["rows"]) if rows]
        at = [told["confidence"][place] for place in filled]
        left.plot(
            at,
            [told["accuracy"][p] for p in filled],
            label=f"{steps.title(name)}: {told['error']:.3f}",
            **style,
        )
        right.plot(at, [told["rows"][p] / len(test) for p in filled], **style)
    left.plot((0.5, 1), (0.5, 1), color=GREY, linewidth=1)
    left.set(xlabel="confidence of the answer", ylabel="how often it is right")
    right.set(xlabel="confidence of the answer", ylabel="share of answers")
    left.set_title("Confidence against accuracy", loc="left", fontsize=11)
    right.set_title("How many answers are so sure", loc="left", fontsize=11)
    left.legend(title="calibration error", frameon=False, fontsize=9, title_fontsize=9)
    for axes in (left, right):
        axes.grid(alpha=0.25)
        percent(axes)
        percent(axes, "x")
    return figure
