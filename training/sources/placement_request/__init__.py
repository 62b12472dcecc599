"""Synthetic placement requests: both platforms simulated, each sampled request measured on both.

Made in groups, see `grouped`, and documented in docs/placement_request-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from catalog.contract import MEASURES, PLATFORM, Placement
from sources.grouped import grouped
from sources.placement_request import ceiling, traffic, work, world
from sources.placement_request.traffic import Requests
from sources.placement_request.world import Run

__all__ = ["best_achievable", "campaign", "chunks"]

GROUP_S = 10_800
"""A campaign begins within every so long."""
WARM_S, MEASURED_S = 360, 360
"""The platforms run before a campaign, and how long it lasts."""
SAMPLED = 0.0251
"""Share of a campaign's requests that are measured."""
ON_LAMBDA = (0.47, 0.57, 0.75, 0.96)
"""By workload: share of the requests that Lambda serves while it is measured, whichever they are."""
PLATFORMS = ("lambda", "ecs")


def chunks(records: int = 88_000, seed: int = 20260101, *, placement: Placement) -> Iterator[pa.Table]:
    """`records` requests in time order, a table for each campaign, with two rows of each: one by platform."""
    for table in grouped(records, lambda group, wanted: _requests(group, seed, placement).slice(0, wanted)):
        yield _rows(table)


def campaign(group: int, seed: int, placement: Placement) -> tuple[Requests, Run]:
    """All requests of a campaign, and what they met where shares of each workload were served by either."""
    streams = [np.random.default_rng([seed, group, stream]) for stream in range(4)]
    start = traffic.MONDAY_S + group * GROUP_S + float(streams[0].uniform(0, GROUP_S - WARM_S - MEASURED_S))
    requests = traffic.between(streams[0], start, start + WARM_S + MEASURED_S)
    usual = np.array(ON_LAMBDA)[requests.workload]
    chosen = np.where(streams[1].random(len(requests)) < usual, world.LAMBDA, world.ECS)
    met = world.run(requests, work.draw(streams[2], requests), placement, chosen, streams[3])
    return requests, met


def best_achievable(seed: int = 20260101, campaigns: int = 32, *, placement: Placement) -> dict[str, float]:
    """Metrics of the likeliest platform given the request alone, see `ceiling`: of so many campaigns spread
    over four weeks, each made up twice."""
    groups = np.linspace(0, 28 * 86_400 // GROUP_S - 1, campaigns).astype(np.int64)
    return ceiling.best(_measured, groups, (seed + 1, seed + 2), placement)


def _measured(group: int, seed: int, placement: Placement) -> tuple[Requests, Run]:
    """A campaign without its beginning."""
    requests, run = campaign(group, seed, placement)
    kept = requests.time_s >= requests.time_s[0] + WARM_S
    return requests.take(kept), run.take(kept)


def _requests(group: int, seed: int, placement: Placement) -> pa.Table:
    """The measured ones of a campaign, a row for each, what they met as (lambda, ecs)."""
    requests, run = _measured(group, seed, placement)
    places = np.flatnonzero(np.random.default_rng([seed, group, 4]).random(len(requests)) < SAMPLED)
    of, met = requests.take(places), run.take(places).met
    time = np.round(of.time_s * 1000).astype(np.int64)
    names = (traffic.WORKLOADS, traffic.TIME_WINDOWS, traffic.LOAD_PATTERNS)
    codes = (of.workload, of.window, of.load)
    workload, window, load = (pa.array(n).take(pa.array(c)) for n, c in zip(names, codes, strict=True))
    return pa.table(
        {
            "request_id": pa.array([f"r{group:05d}-{number:05d}" for number in range(len(places))]),
            "timestamp": pa.array(time, pa.timestamp("ms", "UTC")),
            "workload_type": workload,
            "payload_size_kb": of.payload_kb,
            "time_window": window,
            "load_pattern": load,
            **{name: _pairs(values) for name, values in zip(MEASURES, met, strict=True)},
        }
    )


def _pairs(values: traffic.Array) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), len(PLATFORMS))


def _rows(requests: pa.Table) -> pa.Table:
    """A row for each request and platform."""
    twice = requests.take(pa.array(np.repeat(np.arange(len(requests)), len(PLATFORMS))))
    platform = pa.array(PLATFORMS).take(pa.array(np.tile(np.arange(len(PLATFORMS)), len(requests))))
    flat = {name: requests[name].combine_chunks().flatten() for name in MEASURES}
    columns = {name: twice[name] for name in requests.column_names if name not in MEASURES}
    return pa.table({**columns, PLATFORM: platform, **flat})
