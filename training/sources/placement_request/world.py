"""Both platforms at once: what each request meets on the one that serves it, and would meet on the other."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Placement
from sources.placement_request import work
from sources.placement_request.function import COLD, THROTTLED, WARM, Function
from sources.placement_request.service import PATIENCE_S, START_S, Service
from sources.placement_request.traffic import Array, Codes, Places, Random, Requests
from sources.placement_request.work import Chance

LAMBDA, ECS = 0, 1
"""Platforms by place, as the model's classes are."""
WHOLE_VCPU_MB = 1769
"""Memory at which Lambda gives one vCPU; the work has one thread and no use for more."""
REFUSED_MS = 4.0
"""An answer without any work: a payload too large, a throttle."""
FIRST_S = 300.0
"""The fleet begins as large as the work of so long asks for."""


class Met(NamedTuple):
    """What requests meet: ms, US dollars, 0 or 1; (n,) on one platform or (n, 2) on both."""

    latency_ms: Array
    cost_usd: Array
    error: Array

    def burden_usd(self, placement: Placement) -> Array:
        return placement.burden_usd(  # type: ignore[return-value]  # it takes arrays, and gives them
            latency_ms=self.latency_ms,  # type: ignore[arg-type]
            cost_usd=self.cost_usd,  # type: ignore[arg-type]
            error=self.error,  # type: ignore[arg-type]
        )


@dataclass(frozen=True)
class Run:
    """The platform `chosen` (n,); what was `met` on both (n, 2); whether the function was, or would have
    been, `cold`; how long the service made, or would have made, `wait_s`; the `tasks` paid for at each
    arrival; and `task_s`, all task-seconds paid for."""

    chosen: Codes
    met: Met
    cold: NDArray[np.bool_]
    wait_s: Array
    tasks: Codes
    task_s: float

    def take(self, places: Places) -> Run:
        """Of some of the requests; the task-seconds are still of all."""
        return replace(
            self,
            chosen=self.chosen[places],
            met=Met(*(each[places] for each in self.met)),
            cold=self.cold[places],
            wait_s=self.wait_s[places],
            tasks=self.tasks[places],
        )


class _Seen(NamedTuple):
    """What the loop finds at each arrival."""

    chosen: list[int]
    found: list[int]
    wait_s: list[float]
    slower: list[float]
    tasks: list[int]


def run(
    requests: Requests, chance: Chance, placement: Placement, chosen: Codes | None, random: Random
) -> Run:
    """Serves the requests in time order on the platforms `chosen` (n,), or, where that is None, each where
    its burden is less: the oracle, who asks both."""
    function = [_on_function(requests, chance, placement, found) for found in (WARM, COLD, THROTTLED)]
    service = _service(requests, chance, placement, chosen, random)
    seen = _serve(
        requests, chance, placement, chosen, [each.burden_usd(placement) for each in function], service
    )
    found, tasks = np.array(seen.found), np.array(seen.tasks)
    on_function = Met(*(np.choose(found, each) for each in zip(*function, strict=True)))
    on_service = _on_service(chance, placement, np.array(seen.wait_s), np.array(seen.slower), tasks)
    met = Met(*(np.column_stack(each) for each in zip(on_function, on_service, strict=True)))
    paid = service.paid(float(requests.time_s[-1]))
    return Run(np.array(seen.chosen), met, found == COLD, np.array(seen.wait_s), tasks, paid)


def _serve(
    requests: Requests,
    chance: Chance,
    placement: Placement,
    chosen: Codes | None,
    burden: list[Array],
    service: Service,
) -> _Seen:
    """The one loop over arrivals; all that does not depend on the platforms' state is in columns already."""
    function, seen = Function(), _Seen([], [], [], [], [])
    least, second = service.twin.min_tasks, placement.latency_usd_per_s
    dear = _service_usd(chance, placement)
    cpu = chance.cpu * chance.service_run
    columns = (
        requests.time_s, chance.keep_s, chance.now, requests.payload_kb <= placement.function.limit_kb,
        _run_ms(chance, placement) / 1000, (chance.place + chance.start) / 1000, cpu / 1000,
        chance.stores / 1000, cpu / (cpu + chance.stores), *burden, chance.balance / 1000, dear,
        np.full(len(requests), -1) if chosen is None else chosen,
    )  # fmt: skip
    for (
        time, keep, now, fits, run_s, start_s, cpu_s, stores_s, part, warm, cold, throttled, way, usd, place
    ) in zip(*(column.tolist() for column in columns), strict=True):  # fmt: skip
        found = function.look(time, keep)
        wait, slower = service.look(time, now)
        lasts = wait + cpu_s * slower + stores_s
        if place < 0:
            there = (way + min(lasts, PATIENCE_S)) * second + (usd if service.wanted > least else 0)
            there += placement.error_usd if lasts > PATIENCE_S else 0.0
            place = LAMBDA if (warm, cold, throttled)[found] <= there else ECS
        seen.chosen.append(place)
        seen.found.append(found)
        seen.wait_s.append(wait)
        seen.slower.append(slower)
        seen.tasks.append(service.wanted)
        if place == ECS and wait <= PATIENCE_S:
            service.take(time + max(wait, min(lasts, PATIENCE_S)), cpu_s, part)
        elif place == LAMBDA and fits:
            function.take(found, time + run_s + (start_s if found == COLD else 0.0))
    return seen


def _on_function(requests: Requests, chance: Chance, placement: Placement, found: int) -> Met:
    """What each request meets where the function is found so."""
    refused = (requests.payload_kb > placement.function.limit_kb) | (found == THROTTLED)
    run_ms, most_ms = _run_ms(chance, placement), placement.function.timeout_s * 1000
    start = chance.start if found == COLD else 0.0
    waits = chance.call + (chance.place + start if found == COLD else 0.0)
    billed = np.ceil(start + np.minimum(run_ms, most_ms))
    error = refused | (run_ms > most_ms) | (chance.fails < work.FAILS)
    return Met(
        np.where(refused, chance.call + REFUSED_MS, waits + np.minimum(run_ms, most_ms)),
        np.where(refused, 0.0, invocations_usd(billed, placement)),
        error.astype(np.float64),
    )


def _on_service(chance: Chance, placement: Placement, wait_s: Array, slower: Array, tasks: Codes) -> Met:
    """What each request meets. A fleet at its least is paid for anyway: then the request costs nothing."""
    late = wait_s > PATIENCE_S
    served = wait_s * 1000 + chance.cpu * chance.service_run * slower + chance.stores
    error = late | (served > PATIENCE_S * 1000) | (chance.fails > 1 - work.FAILS)
    more = ~late & (tasks > placement.service.min_tasks)
    return Met(
        chance.balance + np.minimum(served, PATIENCE_S * 1000),
        np.where(more, _service_usd(chance, placement), 0.0),
        error.astype(np.float64),
    )


def invocations_usd(billed_ms: Array, placement: Placement) -> Array:
    """Of many invocations; `FunctionTwin.cost_usd` of each."""
    twin, prices = placement.function, placement.prices
    found: Array = (
        np.ceil(billed_ms) / 1000 * twin.memory_mb / 1024 * prices.lambda_gb_s + prices.lambda_request
    )
    return found


def _run_ms(chance: Chance, placement: Placement) -> Array:
    vcpu = min(1.0, placement.function.memory_mb / WHOLE_VCPU_MB)
    return chance.stores + chance.cpu * chance.function_run / vcpu


def _service_usd(chance: Chance, placement: Placement) -> Array:
    """Of each request where the fleet is larger than its least."""
    return chance.cpu * chance.service_run * placement.service.cost_usd(1.0, placement.prices)


def _service(
    requests: Requests, chance: Chance, placement: Placement, chosen: Codes | None, random: Random
) -> Service:
    """As large as the first minutes' work asks for."""
    start = float(requests.time_s[0])
    first = requests.time_s < start + FIRST_S
    part = 0.5 if chosen is None else float((chosen == ECS).mean())
    used = chance.cpu[first].sum() / 1000 / FIRST_S * part
    twin = placement.service
    tasks = math.ceil(used / twin.vcpu / twin.target_utilisation)
    return Service(twin, start, tasks, random.uniform(*START_S, 997).tolist())
