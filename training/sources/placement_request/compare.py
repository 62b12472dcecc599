"""Whole systems under the same requests: everything on Lambda, everything on Fargate, or placed one by one.

`draw` makes the requests, `simulate` serves them, `summary` tells what it came to. One seed gives every
policy the same requests and the same chance, so that policies are compared pair by pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Placement
from sources.placement_request import traffic, work, world
from sources.placement_request.traffic import Array, Codes, Pattern, Requests
from sources.placement_request.work import Chance
from sources.placement_request.world import ECS, LAMBDA, Met

Policy = Literal["lambda", "ecs", "oracle"] | Codes | Callable[[Requests], Codes]
"""A name, the platform of each request (n,) as LAMBDA or ECS, or what gives them. The oracle knows what each
request would meet on either platform."""
MOST_TASKS = 200
"""Fargate alone may have so many tasks, more than any load here asks for."""
NEVER_MS = np.inf
"""Latency of an answer that never came, where latencies are put in order."""
STREAM = 7
"""Keeps these random streams apart from those of the training data."""


@dataclass(frozen=True)
class Router:
    """What choosing adds to each request: ms that the caller waits, US dollars."""

    latency_ms: float = 0.0
    cost_usd: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What came of n requests under one policy. By request: `chosen` (LAMBDA or ECS), `latency_ms` (of the
    router too), `error`, `best` (where its burden would have been least, in the state that this policy had
    brought about), and `burden_usd` with the marginal cost, as labels are made. In all, US dollars:
    `function_usd` (invocations), `service_usd` (all task-seconds, used or not), `router_usd`."""

    chosen: Codes
    latency_ms: Array
    error: NDArray[np.bool_]
    best: Codes
    burden_usd: Array
    cold: NDArray[np.bool_]
    function_usd: float
    service_usd: float
    router_usd: float
    task_s: float
    most_tasks: int

    @property
    def cost_usd(self) -> float:
        return self.function_usd + self.service_usd + self.router_usd


def draw(
    count: int, seed: int, *, pattern: Pattern = "weekly", start_s: float = traffic.MONDAY_S
) -> Requests:
    """`count` requests from `start_s` (seconds since 1970) on: over the hours of a week, steady, with many
    bursts, or as few as by night."""
    random = np.random.default_rng([seed, STREAM, 0])
    seconds = 2 * count / traffic.RATE + 3600
    while True:
        found = traffic.between(random, start_s, start_s + seconds, pattern)
        if len(found) >= count:
            return found.take(slice(0, count))
        seconds *= 2


def simulate(
    requests: Requests,
    policy: Policy,
    placement: Placement,
    seed: int = 20260101,
    router: Router | None = None,
    chance: Chance | None = None,
) -> Outcome:
    """Serves the requests as `policy` places them. Where a policy names a platform for all, only that one
    exists: no fleet is paid under "lambda", and under "ecs" it may grow to `MOST_TASKS`. `chance` is drawn by
    the seed where it is not given."""
    chance = chance or work.draw(np.random.default_rng([seed, STREAM, 1]), requests)
    if isinstance(policy, str) and policy == "ecs":
        placement = replace(placement, service=replace(placement.service, max_tasks=MOST_TASKS))
    found = world.run(
        requests, chance, placement, _chosen(policy, requests), np.random.default_rng([seed, STREAM, 2])
    )
    mine, added = np.arange(len(requests)), router or Router()
    met = Met(*(each[mine, found.chosen] for each in found.met))
    task_s = 0.0 if isinstance(policy, str) and policy == "lambda" else found.task_s
    burden = found.met.burden_usd(placement)
    return Outcome(
        chosen=found.chosen,
        latency_ms=met.latency_ms + added.latency_ms,
        error=met.error > 0,
        best=burden.argmin(axis=1),
        burden_usd=burden[mine, found.chosen],
        cold=found.cold & (found.chosen == LAMBDA),
        function_usd=float(met.cost_usd[found.chosen == LAMBDA].sum()),
        service_usd=task_s * placement.service.task_usd_s(placement.prices),
        router_usd=added.cost_usd * len(requests),
        task_s=task_s,
        most_tasks=int(found.tasks.max()) if task_s else 0,
    )


def summary(outcome: Outcome, placement: Placement) -> dict[str, float]:
    """Milliseconds, US dollars for a million requests, shares. An answer that never came is slower than any
    other, so failing fast makes no percentile better; the mean is of the answers that came. `burden_usd` is
    the real cost with what waiting and errors are worth."""
    ordered = np.where(outcome.error, NEVER_MS, outcome.latency_ms)
    p50, p95, p99 = np.quantile(ordered, (0.5, 0.95, 0.99), method="higher").tolist()
    million = 1e6 / len(ordered)
    waited = float(outcome.latency_ms.sum()) / 1000 * placement.latency_usd_per_s
    failed = float(outcome.error.sum()) * placement.error_usd
    return {
        "average_ms": float(outcome.latency_ms[~outcome.error].mean()),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "cost_usd": outcome.cost_usd * million,
        "function_usd": outcome.function_usd * million,
        "service_usd": outcome.service_usd * million,
        "router_usd": outcome.router_usd * million,
        "burden_usd": (outcome.cost_usd + waited + failed) * million,
        "error_rate": float(outcome.error.mean()),
        "cold_share": float(outcome.cold.mean()),
        "lambda_share": float((outcome.chosen == LAMBDA).mean()),
        "accuracy": float((outcome.chosen == outcome.best).mean()),
    }


def _chosen(policy: Policy, requests: Requests) -> Codes | None:
    if isinstance(policy, str):
        places = {"lambda": LAMBDA, "ecs": ECS, "oracle": None}
        if policy not in places:
            raise ValueError(f"a policy is {', '.join(places)} or an array of platforms, got {policy!r}")
        place = places[policy]
        return None if place is None else np.full(len(requests), place)
    chosen = policy(requests) if callable(policy) else policy
    if len(chosen) != len(requests):
        raise ValueError(f"a policy must place all {len(requests)} requests, got {len(chosen)} platforms")
    return chosen
