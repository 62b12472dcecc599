"""The three configurations through a deployed API, one after another, each with the same requests."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.placement import Placement
from local.compare import study
from local.compare.fleet import watching
from local.compare.load import Row, Target, send

CONFIGURATIONS = {"lambda": "lambda", "ecs": "ecs", "auto": "model"}
"""What POST /route is asked for, and what the configuration is called."""
PATTERNS = ("steady", "burst", "night")
LEVELS = tuple(n / 100 for n in range(1, 100))
Figures = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """A load through a configuration: each request with its answer, and what the fleet was meanwhile."""

    rows: list[Row]
    task_s: float
    most_tasks: int
    seconds: float


Trials = dict[str, dict[str, Trial]]
"""By pattern and what was asked for."""


def run(
    target: Target, count: Callable[[], int], folder: Path, *, requests: int, seed: int, seconds: float,
    say: Callable[[str], None], patterns: Sequence[str] = PATTERNS,
) -> tuple[Trials, dict[str, float]]:  # fmt: skip
    """The trials, and by pattern how many requests of the whole pattern each request stands for."""
    trials: Trials = {}
    weights = {}
    for pattern in patterns:
        load = study.load(pattern, requests // len(patterns), seed)
        weights[pattern] = load["weight"]
        for asked in CONFIGURATIONS:
            with watching(count) as watch:
                rows = send(target, load, asked, seconds, folder / f"{seed}-{pattern}-{asked}")
            trials.setdefault(pattern, {})[asked] = Trial(rows, watch.task_s, watch.most, seconds)
            say(f"seed {seed}, {pattern}, {asked}: {outcome(rows)}")
    return trials, weights


def outcome(rows: list[Row]) -> str:
    """How many were answered, and what the others met."""
    failed = Counter(f"{row['status']} {row.get('why', '')[:90]}" for row in rows if row["status"] != 200)
    why = "".join(f"; {count} x {reason}" for reason, count in failed.most_common(3))
    return f"{len(rows) - failed.total()} of {len(rows)} answered{why}"


def figures(trials: Trials, placement: Placement) -> dict[str, dict[str, Figures]]:
    """By pattern and configuration, as they were measured: by the callers' clocks, the answers' costs and the
    tasks that ran."""
    return {
        pattern: {CONFIGURATIONS[asked]: _figures(asked, each, placement) for asked in each}
        for pattern, each in trials.items()
    }


def _figures(asked: str, trials: dict[str, Trial], placement: Placement) -> Figures:
    trial = trials[asked]
    rows, answered = trial.rows, [row for row in trial.rows if row["status"] == 200]
    took = np.array([row["client_ms"] if row["status"] == 200 else math.inf for row in rows])
    known = took[np.isfinite(took)]
    fleet = asked != "lambda"
    usd = {
        "function_usd": sum(row["cost_usd"] for row in answered if row["platform"] == "lambda"),
        "service_usd": trial.task_s * placement.service.task_usd_s(placement.prices) if fleet else 0.0,
        "router_usd": sum(row["inference_usd"] for row in answered) if asked == "auto" else 0.0,
    }
    right = [_right(n, row, trials, placement) for n, row in enumerate(rows)]
    told = [each for each in right if each is not None]
    return {
        "requests": len(rows),
        "average_ms": float(known.mean()) if len(known) else None,
        **{f"p{level}_ms": _at(took, level / 100) for level in (50, 95, 99)},
        "error_rate": 1 - len(answered) / len(rows),
        "accuracy": sum(told) / len(told) if told else None,
        "lambda_share": sum(row["platform"] == "lambda" for row in answered) / max(1, len(answered)),
        **usd,
        "total_usd": sum(usd.values()),
        "burden_usd": None,
        "most_tasks": trial.most_tasks,
        "late_s": max(row["late_s"] for row in rows),
        "curve_ms": [_at(took, level) for level in LEVELS],
    }


def _at(took: NDArray[np.float64], level: float) -> float | None:
    """What has no answer is slower than all that has."""
    value = float(np.quantile(took, level, method="higher"))
    return value if math.isfinite(value) else None


def _right(n: int, row: Row, trials: dict[str, Trial], placement: Placement) -> bool | None:
    """Whether the request was answered by the platform that was the less burden where it was sent to both;
    None where it was not answered."""
    if row["status"] != 200 or not {"lambda", "ecs"} <= trials.keys():
        return None
    burden = {name: _burden(trials[name].rows[n], placement) for name in ("lambda", "ecs")}
    return bool(burden[row["platform"]] <= min(burden.values()))


def _burden(row: Row, placement: Placement) -> float:
    if row["status"] != 200:
        return placement.error_usd
    return placement.burden_usd(latency_ms=row["latency_ms"], cost_usd=row["cost_usd"], error=0)


def measured(trials: Trials, weights: dict[str, float], placement: Placement) -> dict[str, Any]:
    """What the simulator's effects are added to. A request's work is the same wherever it is served: its CPU
    time at the service. A function is billed by the clock, which here counts whatever else this machine does;
    it stands in where the service gave no answer."""
    found: dict[str, Any] = {}
    for pattern, each in trials.items():
        service = [work_ms(row, placement) for row in each["ecs"].rows]
        found[pattern] = {"weight": weights[pattern]}
        for asked, trial in each.items():
            worked = zip(trial.rows, service, strict=True)
            found[pattern][asked] = [_worked(row, cpu_ms, placement) for row, cpu_ms in worked]
    return found


def _worked(row: Row, cpu_ms: float | None, placement: Placement) -> Row:
    names = ("workload_type", "payload_size_kb", "load_pattern", "timestamp", "platform")
    own = work_ms(row, placement) if cpu_ms is None else cpu_ms
    return {**{name: row.get(name) for name in names}, "work_ms": own}


def work_ms(row: Row, placement: Placement) -> float | None:
    """How long the twin worked, as the router billed it; None where none answered."""
    if row["status"] != 200:
        return None
    if row["platform"] == "ecs":
        return float(row["cost_usd"] / placement.service.cost_usd(1.0, placement.prices))
    twin, prices = placement.function, placement.prices
    return float(
        1000 * (row["cost_usd"] - prices.lambda_request) / (twin.memory_mb / 1024 * prices.lambda_gb_s)
    )
