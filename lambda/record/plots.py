"""The pictures of an evaluation. Matplotlib's own figures: nothing global, no window, no thread's state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

MOST_BARS = 20
DARK_FROM = 0.5


def plots(evaluation: Mapping[str, Any]) -> dict[str, Figure]:
    """Figures by file name, of those parts that the evaluation holds."""
    drawn = {
        "confusion_matrix.png": _confusion,
        "roc.png": _roc,
        "importance.png": _importance,
        "calibration.png": _calibration,
    }
    return {
        name: draw(evaluation) for name, draw in drawn.items() if evaluation.get(name.removesuffix(".png"))
    }


def _confusion(evaluation: Mapping[str, Any]) -> Figure:
    """Each row's share in colour, its count in writing."""
    counts, classes = evaluation["confusion_matrix"], evaluation["classes"]
    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    figure, axes = _axes(1.2 + 0.9 * len(classes), 1.2 + 0.8 * len(classes), "Confusion matrix, test split")
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for y, row in enumerate(counts):
        for x, count in enumerate(row):
            colour = "white" if shares[y][x] > DARK_FROM else "black"
            axes.text(x, y, f"{count:,}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    return figure


def _roc(evaluation: Mapping[str, Any]) -> Figure:
    figure, axes = _axes(6, 6, "ROC of each class against the rest, test split")
    for name, curve in evaluation["roc"].items():
        axes.plot(curve["fpr"], curve["tpr"], label=f"{name} (AUC {curve['auc']:.3f})")
    _diagonal(axes)
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    axes.legend(loc="lower right", fontsize="small")
    return figure


def _importance(evaluation: Mapping[str, Any]) -> Figure:
    ranked = sorted(evaluation["importance"].items(), key=lambda item: item[1])[-MOST_BARS:]
    figure, axes = _axes(8, 1 + 0.3 * len(ranked), "Importance of the model's columns")
    axes.barh([name for name, _ in ranked], [share for _, share in ranked])
    return figure


def _calibration(evaluation: Mapping[str, Any]) -> Figure:
    """Bins that hold no row have no point."""
    found = evaluation["calibration"]
    pairs = zip(found["confidence"], found["accuracy"], strict=True)
    points = [(sure, right) for sure, right in pairs if sure is not None and right is not None]
    figure, axes = _axes(6, 6, f"Calibration, test split (expected error {found['error']:.3f})")
    axes.plot([sure for sure, _ in points], [right for _, right in points], marker="o")
    _diagonal(axes)
    axes.set_xlabel("confidence of the answers")
    axes.set_ylabel("share of them that is right")
    return figure


def _axes(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    """A figure of this size, in inches, and its axes."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes


def _diagonal(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
