"""What AWS's platforms would do to work that was measured here: its time is as measured, and cold starts,
waiting, the fleet's lag and the task's share of a vCPU are the simulator's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Placement
from sources.placement_request import compare, traffic, work
from sources.placement_request.traffic import Array, Codes, Requests
from sources.placement_request.work import Chance
from studies.placement_compare_bill import Asked, Way, figures, forwarding, function, unasked

PLATFORMS = ("lambda", "ecs")
WAYS: dict[str, dict[str, Way]] = {
    "lambda": {"lambda": unasked},
    "ecs": {"ecs": unasked},
    "auto": {"model": function, "forwarded": forwarding},
}
"""What POST /route was asked for, and the configurations that it stands for."""
LEAST_MS = 0.01
Row = dict[str, Any]


def effects(
    measured: Mapping[str, Mapping[str, Any]], placement: Placement, asked: Asked, seed: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """Figures by pattern and configuration, of {pattern: {"weight": n, what was asked for: rows}}."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for pattern, given in measured.items():
        for name, ways in WAYS.items():
            rows, weight = given[name], round(given["weight"])
            outcome, lasts_s = _outcome(rows, weight, name, placement, seed)
            for configuration, way in ways.items():
                told = figures([outcome], lasts_s, placement, asked, way)
                found.setdefault(pattern, {})[configuration] = told
    return found


def _outcome(
    rows: list[Row], weight: int, name: str, placement: Placement, seed: int
) -> tuple[compare.Outcome, float]:
    streams = [np.random.default_rng([seed, stream]) for stream in range(2)]
    requests = requests_of(rows, weight, streams[0])
    chance = worked(work.draw(streams[1], requests), _repeated(rows, "work_ms", weight))
    policy: compare.Policy = _chosen(rows, weight) if name == "auto" else name  # type: ignore[assignment]
    outcome = compare.simulate(requests, policy, placement, seed, chance=chance)
    return outcome, float(requests.time_s[-1] - requests.time_s[0])


def requests_of(rows: list[Row], weight: int, random: np.random.Generator) -> Requests:
    """Each row stands for `weight` requests that came between it and the next."""
    time = np.array([datetime.fromisoformat(row["timestamp"]).timestamp() for row in rows])
    gaps = np.append(np.diff(time), np.diff(time).mean())
    spread = np.repeat(time, weight) + random.random(len(rows) * weight) * np.repeat(gaps, weight)
    names = ((traffic.WORKLOADS, "workload_type"), (traffic.LOAD_PATTERNS, "load_pattern"))
    workload, load = (np.repeat(_codes(known, [row[name] for row in rows]), weight) for known, name in names)
    return Requests(np.sort(spread), workload, _repeated(rows, "payload_size_kb", weight), load)


def worked(chance: Chance, work_ms: Array) -> Chance:
    """What was measured varies by itself; what was not worked on (NaN) keeps what was drawn for it."""
    known = ~np.isnan(work_ms)
    cpu = np.where(known, np.maximum(work_ms, LEAST_MS), chance.cpu)
    return replace(
        chance,
        cpu=cpu,
        now=-np.expm1(-cpu / work.TOGETHER_MS) / (cpu / work.TOGETHER_MS),
        function_run=np.where(known, 1.0, chance.function_run),
        service_run=np.where(known, 1.0, chance.service_run),
    )


def _repeated(rows: list[Row], name: str, weight: int) -> Array:
    found = [np.nan if row.get(name) is None else row[name] for row in rows]
    return np.repeat(np.array(found, np.float64), weight)


def _chosen(rows: list[Row], weight: int) -> Codes:
    """Where each was served; what nobody answered would have been the service's."""
    return np.repeat(_codes(PLATFORMS, [row.get("platform") or "ecs" for row in rows]), weight)


def _codes(names: tuple[str, ...], told: list[str]) -> NDArray[np.int64]:
    return np.array([names.index(each) for each in told], np.int64)
