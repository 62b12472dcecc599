"""A forecast as callers are told: values at each horizon, and when a limit is reached."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Contract, Target
from serve.window import Snapshot

DIGITS = 4


def told(contract: Contract, window: list[Snapshot], values: NDArray[np.float64]) -> dict[str, Any]:
    """`values` (horizons, quantiles). Quantiles that cross are put in order, which never makes them worse
    (Chernozhukov, Fernández-Val & Galichon, Econometrica 2010)."""
    target = contract.target
    ordered = np.sort(values, axis=1)
    current = _latest(window, target.ahead_of)
    steps = [
        {"horizon_hours": hours, **{_name(level): round(float(value), DIGITS) for level, value in pairs}}
        for hours, pairs in zip(
            target.horizons, ([*zip(target.quantiles, row, strict=True)] for row in ordered), strict=True
        )
    ]
    return {"current": current, "forecast": steps, "time_to": _time_to(target, current, ordered)}


def _time_to(target: Target, current: float | None, values: NDArray[np.float64]) -> dict[str, Any]:
    """By limit; nothing where the value now is not known."""
    if current is None:
        return {}
    forecast = importlib.import_module("forecast")
    reached = forecast.times_to(target.limits, current, target.horizons, values, target.quantiles)
    limits = dict(target.limits)
    return {name: {"value": limits[name], **_rounded(vars(each))} for name, each in reached.items()}


def _latest(window: list[Snapshot], feature: str) -> float | None:
    """The last known value."""
    known = (values[feature] for _, values in reversed(window) if values.get(feature) is not None)
    return next(known, None)


def _rounded(hours: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: value if value is None else round(value, DIGITS) for name, value in hours.items()}


def _name(level: float) -> str:
    return f"p{level * 100:g}"
