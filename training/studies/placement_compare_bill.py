"""What a configuration cost and how long its callers waited, over its episodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from catalog.contract import Placement
from sources.placement_request.compare import Outcome
from sources.placement_request.traffic import Array

LEVELS = (0.005, *(n / 100 for n in range(1, 100)), 0.995, 0.999)
"""Of the latency curve that a plot shows."""


@dataclass(frozen=True)
class Asked:
    """What asking the router takes: milliseconds of its handler and of the model in it, the way to its
    function and back, and that one's memory."""

    handler_ms: float
    inference_ms: float
    hop_ms: float
    memory_mb: int


class Asking(NamedTuple):
    """What a router adds to each request: milliseconds waited, and US dollars."""

    waited_ms: float
    usd: Array | float


Way = Callable[[Asked, Placement, Array], Asking]
"""How a router is asked; takes how long each request is served."""


def unasked(_: Asked, __: Placement, ___: Array) -> Asking:
    return Asking(0.0, 0.0)


def function(asked: Asked, placement: Placement, _: Array) -> Asking:
    """A function says where, and the caller goes there."""
    return Asking(asked.hop_ms + asked.handler_ms, _billed(np.array([asked.handler_ms]), asked, placement))


def forwarding(asked: Asked, placement: Placement, served_ms: Array) -> Asking:
    """A function goes there itself, and is billed for as long as that takes."""
    return Asking(asked.hop_ms + asked.handler_ms, _billed(asked.handler_ms + served_ms, asked, placement))


def embedded(asked: Asked, placement: Placement, _: Array) -> Asking:
    """The caller runs the model itself, in a process as large and as dear as the function."""
    second = asked.memory_mb / 1024 * placement.prices.lambda_gb_s
    return Asking(asked.inference_ms, asked.inference_ms / 1000 * second)


def _billed(ran_ms: Array, asked: Asked, placement: Placement) -> Array:
    prices = placement.prices
    found: Array = (
        np.ceil(ran_ms) / 1000 * asked.memory_mb / 1024 * prices.lambda_gb_s + prices.lambda_request
    )
    return found


def figures(
    outcomes: Sequence[Outcome], lasts_s: float, placement: Placement, asked: Asked, way: Way
) -> dict[str, Any]:
    """Of all episodes together, which last so long. An answer that never came is slower than any other, and a
    percentile that falls among those is None; the average is of the answers that came. `burden_usd` is the
    bill, with waiting and failures at what these are worth; `asking_usd` is the router's part of it."""
    served = _joined(outcomes, "latency_ms")
    error, count = _joined(outcomes, "error"), len(served)
    asking = way(asked, placement, served)
    latency = served + asking.waited_ms
    ordered = np.sort(np.where(error, np.inf, latency))
    usd = {name: sum(getattr(each, name) for each in outcomes) for name in ("function_usd", "service_usd")}
    usd["router_usd"] = float(np.broadcast_to(asking.usd, count).sum())
    total, second = sum(usd.values()), placement.latency_usd_per_s / 1000
    return {
        "requests": count,
        "average_ms": float(latency[~error].mean()),
        **{f"p{level}_ms": _at(ordered, level / 100) for level in (50, 95, 99)},
        "error_rate": float(error.mean()),
        "accuracy": float((_joined(outcomes, "chosen") == _joined(outcomes, "best")).mean()),
        "lambda_share": float((_joined(outcomes, "chosen") == 0).mean()),
        "cold_share": float(_joined(outcomes, "cold").mean()),
        **usd,
        "total_usd": total,
        "burden_usd": total + float(latency.sum()) * second + float(error.sum()) * placement.error_usd,
        "asking_usd": usd["router_usd"] + asking.waited_ms * count * second,
        "mean_tasks": sum(each.task_s for each in outcomes) / lasts_s,
        "most_tasks": max(each.most_tasks for each in outcomes),
        "curve_ms": [_at(ordered, level) for level in LEVELS],
    }


def _joined(outcomes: Sequence[Outcome], name: str) -> Any:
    return np.concatenate([getattr(each, name) for each in outcomes])


def _at(ordered: Array, level: float) -> float | None:
    value = float(np.quantile(ordered, level, method="higher"))
    return round(value, 3) if np.isfinite(value) else None
