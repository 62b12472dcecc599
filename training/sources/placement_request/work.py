"""How much each request asks of whoever serves it, and what chance adds on either platform."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sources.placement_request.traffic import WORKLOADS, Array, Random, Requests

FOLDER = Path(__file__).parent
RUNTIME, ARCH, PACKAGE, MEMORY_MB = "python3.12", "x86_64", "zip", 1024
"""Whose cold starts are drawn; more memory than measured starts no faster."""
STORES_MS = ((4.0, 0.5), (70.0, 0.4), (70.0, 0.4), (90.0, 0.4))
"""By workload: median and log deviation of waiting for other services: a cache; objects read and written. A
function is billed for it; a task's CPU is free for others meanwhile."""
TOGETHER_MS = 150.0
"""For so long, on average, a request of the service keeps the neighbours that it met."""
CALL_MS = (9.0, 0.2)
"""Median and log deviation of what calling a function takes beside its run."""
BALANCE_MS = (7.5, 0.2)
"""The same of the load balancer's way to a task."""
CALL_MS_PER_MB, BALANCE_MS_PER_MB = 14.0, 5.0
"""Sending the payload; to a function in base64."""
PLACE_MS = (100.0, 0.4)
"""What a cold start takes before the start that is measured and billed."""
KEEP_S = (300.0, 420.0)
"""An idle instance is kept for so long."""
FAILS = 0.0005
"""Chance that a request fails for reasons that its platform does not know."""
NEIGHBOURS = 0.08
"""Log deviation of the same work's time from run to run, of who else is on the machine."""


@dataclass(frozen=True)
class Chance:
    """For each request (n,), in ms if nothing else is said. The work is the same on both platforms, on one
    whole vCPU; all else is each platform's own."""

    cpu: Array
    stores: Array
    """Waiting for other services, on either platform."""
    now: Array
    """Share of the work done beside the neighbours met."""
    function_run: Array
    """Factor on `cpu`, as is `service_run`."""
    service_run: Array
    call: Array
    balance: Array
    place: Array
    start: Array
    keep_s: Array
    fails: Array
    """Uniform: the function fails below `FAILS`, the service from 1 - `FAILS` on."""


@cache
def measured() -> dict[str, Any]:
    """By workload: base_ms, ms_per_kb, spread (log deviation), import_ms; measured on the twins' code."""
    found: dict[str, Any] = json.loads((FOLDER / "measured.json").read_text())
    return found["types"]  # type: ignore[no-any-return]


@cache
def _cold_starts() -> tuple[Array, Array, Array]:
    """Levels, ms at each, and the ratio of a day's longest to its median at each."""
    found = json.loads((FOLDER / "cold_starts.json").read_text())
    wanted = {"runtime": RUNTIME, "arch": ARCH, "package": PACKAGE, "memory_mb": MEMORY_MB}
    row = next(each for each in found["configurations"] if wanted.items() <= each.items())
    return np.array(found["at"]), np.array(row["ms"]), np.array(row["longest"])


def draw(random: Random, requests: Requests) -> Chance:
    count = len(requests)
    column = {
        name: np.array([measured()[each][name] for each in WORKLOADS])[requests.workload]
        for name in ("base_ms", "ms_per_kb", "spread", "import_ms")
    }
    mean = column["base_ms"] + column["ms_per_kb"] * requests.payload_kb
    megabytes = requests.payload_kb / 1024
    cpu = mean * np.exp(column["spread"] * random.standard_normal(count))
    median, spread = np.array(STORES_MS).T
    return Chance(
        cpu=cpu,
        stores=median[requests.workload] * np.exp(spread[requests.workload] * random.standard_normal(count)),
        now=-np.expm1(-cpu / TOGETHER_MS) / (cpu / TOGETHER_MS),
        function_run=_around(random, count, (1.0, NEIGHBOURS)),
        service_run=_around(random, count, (1.0, NEIGHBOURS)),
        call=_around(random, count, CALL_MS) + CALL_MS_PER_MB * megabytes,
        balance=_around(random, count, BALANCE_MS) + BALANCE_MS_PER_MB * megabytes,
        place=_around(random, count, PLACE_MS),
        start=_start_ms(random, count) + column["import_ms"],
        keep_s=random.uniform(*KEEP_S, count),
        fails=random.random(count),
    )


def _around(random: Random, count: int, given: tuple[float, float]) -> Array:
    median, spread = given
    found: Array = median * np.exp(spread * random.standard_normal(count))
    return found


def _start_ms(random: Random, count: int) -> Array:
    """Of a function that does nothing: the day's median, and in one of ten cold starts the day's longest."""
    levels, ms, longest = _cold_starts()
    found: Array = np.interp(random.random(count), levels, ms)
    slow = np.interp(random.random(count), levels, longest)
    return np.where(random.random(count) < 0.1, found * slow, found)
