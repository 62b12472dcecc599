"""Figures of distributions for the report: counts by bin, of the sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from diagnosis.column import Column, iso
from diagnosis.profile import Profile

BINS = 24
EDGE = 0.005
"""Share of the values at each end that the first and last bins take in together."""
MOST_NAMES = 8
SKEWED = 6.0


def histogram(found: Profile, column: Column) -> dict[str, Any] | None:
    """Edges and counts of numbers and times, on a logarithmic scale where values are far apart."""
    if column.kind not in ("number", "time") or not column.given or column.different < 2:
        return None
    values = found.sample[column.name].dropna()
    seconds = values.astype("int64") / 1e6 if column.kind == "time" else values
    numbers = seconds.to_numpy(float)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    scale = "log" if column.kind == "number" and _skewed(numbers) else "linear"
    edges = _edges(numbers, scale)
    places = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(places, minlength=len(edges) - 1)
    told = [iso(edge) for edge in edges] if column.kind == "time" else [float(edge) for edge in edges]
    return {"scale": scale, "edges": told, "counts": counts.tolist(), "basis": _basis(found)}


def _skewed(numbers: Any) -> bool:
    """Whether the highest values are many times the middle."""
    low, middle, high = np.quantile(numbers, (EDGE, 0.5, 1 - EDGE))
    return bool(low > 0 and middle > 0 and high / middle > SKEWED)


def _edges(numbers: Any, scale: str) -> Any:
    low, high = np.quantile(numbers, (EDGE, 1 - EDGE))
    whole = np.unique(numbers)
    if len(whole) <= BINS and scale == "linear" and (whole == np.floor(whole)).all():
        return (
            np.arange(whole[0], whole[-1] + 2) - 0.5
            if np.ptp(whole) < BINS
            else np.linspace(low, high, BINS + 1)
        )
    if not high > low:
        low, high = float(numbers.min()), float(numbers.max())
    return np.geomspace(low, high, BINS + 1) if scale == "log" else np.linspace(low, high, BINS + 1)


def quantiles(found: Profile, column: Column) -> dict[str, float] | None:
    if column.kind != "number" or not column.counted:
        return None
    values = found.sample[column.name].to_numpy(float)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    names = {"p1": 0.01, "p25": 0.25, "median": 0.5, "p75": 0.75, "p99": 0.99}
    return {name: float(np.quantile(values, share)) for name, share in names.items()}


def top(found: Profile, column: Column) -> list[dict[str, Any]]:
    """The most frequent texts: counted where there are not too many, else of the sample."""
    if column.kind not in ("text", "boolean"):
        return []
    counted = column.frequent.counts is not None
    pairs = column.top(MOST_NAMES) if counted else []
    if not counted:
        frequent = found.sample[column.name].value_counts().head(MOST_NAMES)
        pairs = [(str(name), int(count)) for name, count in frequent.items()]
    return [
        {"value": name, "count": count, "basis": "all rows" if counted else _basis(found)}
        for name, count in pairs
    ]


def _basis(found: Profile) -> str:
    return "sample" if found.sampled else "all rows"
