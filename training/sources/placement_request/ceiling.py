"""The best that any model can do which knows no more than the request itself.

The platforms' state has no closed form, so what is likelier is counted: many campaigns of other seeds, cut
into cells of workload, payload, load and hour. One half says each cell's chance, the other half is judged,
and the other way round. Small cells lean on larger ones. Where cells are too coarse or too empty, a model may
do a little better: what is given is a lower bound of what can be achieved, and a close one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import metrics
from catalog.contract import Placement
from sources.placement_request.traffic import LOAD_PATTERNS, WORKLOADS, Array, Codes, Requests
from sources.placement_request.world import Met, Run

PAYLOAD_CELLS = 48
"""By workload, as many requests in each; payloads above the function's limit are cells of their own."""
LEANING = 20.0
"""A cell leans on the larger one with the weight of so many requests."""
HOURS = 24

Campaign = Callable[[int, int, Placement], tuple[Requests, Run]]


def best(
    campaign: Campaign, groups: NDArray[np.int64], seeds: tuple[int, int], placement: Placement
) -> dict[str, float]:
    """Accuracy and the other metrics of a placement, and the regret of the likeliest platform in US dollars a
    request, on campaigns of both seeds."""
    halves = [[campaign(int(group), seed, placement) for group in groups] for seed in seeds]
    requests = _joined([each for half in halves for each, _ in half])
    met = Met(*map(np.concatenate, zip(*(run.met for half in halves for _, run in half), strict=True)))
    burden = met.burden_usd(placement)
    first = np.arange(len(requests)) < sum(len(each) for each, _ in halves[0])
    truth, cells = burden.argmin(axis=1), _cells(requests, placement)
    chance = np.where(first, _chance(cells, truth, ~first), _chance(cells, truth, first))
    answer = (chance > 0.5).astype(np.int64)
    told = metrics.classification(truth, np.column_stack((1 - chance, chance)), answer)
    return {**told, **_regret(met, burden, truth, answer)}


def _regret(met: Met, burden: Array, truth: Codes, answer: Codes) -> dict[str, float]:
    """By the names, and of the kind, that an evaluation tells; `regret_usd` besides."""
    row = np.arange(len(truth))
    (paid, least), (cost, cheap), (latency, quick) = (
        (each[row, answer], each[row, truth]) for each in (burden, met.cost_usd, met.latency_ms)
    )
    return {
        "regret": float(paid.sum() / least.sum() - 1),
        "extra_cost": float(cost.sum() / cheap.sum() - 1),
        "extra_latency_ms": float((latency - quick).mean()),
        "regret_usd": float((paid - least).mean()),
    }


def _joined(parts: list[Requests]) -> Requests:
    names = ("time_s", "workload", "payload_kb", "load")
    return Requests(*(np.concatenate([getattr(each, name) for each in parts]) for name in names))


def _cells(requests: Requests, placement: Placement) -> list[Codes]:
    """Cells of each request, from coarse to fine."""
    kind = requests.workload * len(LOAD_PATTERNS) + requests.load
    day = (requests.time_s // 86_400 + 3) % 7 >= 5
    hour = (requests.time_s % 86_400 // 3600).astype(np.int64) + HOURS * day
    size = _sizes(requests, placement)
    sized = requests.workload * (PAYLOAD_CELLS + 1) + size
    loaded = kind * (PAYLOAD_CELLS + 1) + size
    return [requests.workload, sized, loaded, loaded * 2 * HOURS + hour]


def _sizes(requests: Requests, placement: Placement) -> Codes:
    found = np.empty(len(requests), np.int64)
    for place in range(len(WORKLOADS)):
        mine = requests.workload == place
        edges = np.quantile(requests.payload_kb[mine], np.linspace(0, 1, PAYLOAD_CELLS + 1)[1:-1])
        found[mine] = np.searchsorted(edges, requests.payload_kb[mine])
    found[requests.payload_kb > placement.function.limit_kb] = PAYLOAD_CELLS
    return found


def _chance(cells: list[Codes], truth: Codes, known: NDArray[np.bool_]) -> Array:
    """Of the second platform, for each request, learned from those that are `known`."""
    chance: Array = np.full(len(truth), truth[known].mean())
    for cell in cells:
        most = int(cell.max()) + 1
        count = np.bincount(cell[known], minlength=most)[cell]
        second = np.bincount(cell[known], truth[known], most)[cell]
        chance = (second + LEANING * chance) / (count + LEANING)
    return chance
