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
BLOCK = 25
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
    streams = [np.random.default_rng([seed, stream]) for stream in range(3)]
    time_s = arrivals(rows, weight, streams[0])
    rows = mixed(rows, weight, streams[2])
    requests = requests_of(rows, time_s)
    chance = worked(work.draw(streams[1], requests), _column(rows, "work_ms"))
    policy: compare.Policy = _chosen(rows) if name == "auto" else name  # type: ignore[assignment]
    outcome = compare.simulate(requests, policy, placement, seed, chance=chance)
    return outcome, float(requests.time_s[-1] - requests.time_s[0])


def arrivals(rows: list[Row], weight: int, random: np.random.Generator) -> Array:
    """When requests came, `weight` of them between each row's time and the next one's."""
    time = np.array([datetime.fromisoformat(row["timestamp"]).timestamp() for row in rows])
    gaps = np.append(np.diff(time), np.diff(time).mean())
    return np.sort(np.repeat(time, weight) + random.random(len(rows) * weight) * np.repeat(gaps, weight))


def mixed(rows: list[Row], weight: int, random: np.random.Generator) -> list[Row]:
    """Each row `weight` times, in random order within each `BLOCK` of rows: the same request in a row would
    be a load of its own."""
    blocks = (range(n, min(n + BLOCK, len(rows))) for n in range(0, len(rows), BLOCK))
    return [rows[n] for block in blocks for n in random.permutation(np.repeat(block, weight))]


def requests_of(rows: list[Row], time_s: Array) -> Requests:
    names = ((traffic.WORKLOADS, "workload_type"), (traffic.LOAD_PATTERNS, "load_pattern"))
    workload, load = (_codes(known, [row[name] for row in rows]) for known, name in names)
    return Requests(time_s, workload, _column(rows, "payload_size_kb"), load)


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


def _column(rows: list[Row], name: str) -> Array:
    return np.array([np.nan if row.get(name) is None else row[name] for row in rows], np.float64)


def _chosen(rows: list[Row]) -> Codes:
    """Where each was served; what nobody answered would have been the service's."""
    return _codes(PLATFORMS, [row.get("platform") or "ecs" for row in rows])


def _codes(names: tuple[str, ...], told: list[str]) -> NDArray[np.int64]:
    return np.array([names.index(each) for each in told], np.int64)
