"""What the placement figures share. Colours are Okabe and Ito's, told apart by the colour-blind."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LAMBDA, ECS, GREY = "#D55E00", "#0072B2", "#6b6b6b"
FOUR = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
LINES = ("-", "--", "-.", ":")
MARKS = ("o", "s", "^", "D")
WIDE, DPI = 9.6, 110


def png(figure: Figure) -> bytes:
    """Without the version of what drew it, so that the same figure is the same bytes."""
    body = io.BytesIO()
    figure.savefig(body, format="png", dpi=DPI, metadata={"Software": None})
    return body.getvalue()


def inline(figure: Figure) -> str:
    return "data:image/png;base64," + base64.b64encode(png(figure)).decode()


def panels(rows: int, columns: int, height: float, **given: Any) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDE, height), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns, **given)).ravel().tolist()
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(labelsize=9)
    return figure, axes


def percent(axes: Axes, which: str = "y") -> None:
    (axes.yaxis if which == "y" else axes.xaxis).set_major_formatter(lambda value, _: f"{100 * value:.0f}%")


def styles() -> Iterator[dict[str, Any]]:
    for color, line, mark in zip(FOUR, LINES, MARKS, strict=True):
        yield {"color": color, "linestyle": line, "marker": mark, "markersize": 4}
