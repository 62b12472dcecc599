"""The load of a comparison: episodes of an arrival pattern, later than all that a model learned from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from sources.placement_request import traffic
from sources.placement_request.traffic import Pattern, Requests

DAY_S, HOUR_S = 86_400.0, 3600.0
Span = tuple[int, int]
"""First day since the generator's first Monday, and how many."""
COMPARED: Span = (35, 56)
"""Training data of the usual size ends before."""
TUNED: Span = (91, 28)
"""Days on which the router's threshold is chosen: no day of the comparison."""
HOURS: dict[Pattern, tuple[float, float, float]] = {
    "steady": (8, 19, 1),
    "burst": (8, 19, 1),
    "night": (0, 0, 6),
}
"""By pattern: an episode begins between these hours of a day, and lasts so many."""


class Episode(NamedTuple):
    """Requests in time order; `seed` is for what they meet."""

    requests: Requests
    seed: int

    @property
    def lasts_s(self) -> float:
        return float(self.requests.time_s[-1] - self.requests.time_s[0])


def episodes(pattern: Pattern, count: int, seed: int, span: Span = COMPARED) -> Iterator[Episode]:
    """Until there are `count` requests; the last is cut off."""
    number = 0
    while count > 0:
        _, whole = _episode(pattern, seed, number, span)
        requests = whole.take(slice(0, count))
        yield Episode(requests, (1000 * seed + number) * len(HOURS) + list(HOURS).index(pattern))
        count, number = count - len(requests), number + 1


def sample(pattern: Pattern, count: int, seed: int) -> dict[str, Any]:
    """`count` requests of one whole episode as callers send them, evenly taken from it, and how many of the
    episode's requests each stands for."""
    start, whole = _episode(pattern, seed, 0)
    places = np.linspace(0, len(whole), count, endpoint=False).astype(np.intp)
    taken = whole.take(places)
    return {
        "pattern": pattern,
        "lasts_s": HOURS[pattern][2] * HOUR_S,
        "weight": len(whole) / count,
        "rows": [_row(taken, n, start) for n in range(count)],
    }


def _episode(pattern: Pattern, seed: int, number: int, span: Span = COMPARED) -> tuple[float, Requests]:
    """When it begins, and its requests."""
    random = np.random.default_rng([seed, list(HOURS).index(pattern), number])
    first, last, hours = HOURS[pattern]
    day = span[0] + int(random.integers(span[1]))
    start = traffic.MONDAY_S + day * DAY_S + float(random.uniform(first, last)) * HOUR_S
    return start, traffic.between(random, start, start + hours * HOUR_S, pattern)


def _row(requests: Requests, n: int, start: float) -> dict[str, Any]:
    time = float(requests.time_s[n])
    return {
        "at_s": round(time - start, 3),
        "workload_type": traffic.WORKLOADS[requests.workload[n]],
        "payload_size_kb": float(requests.payload_kb[n]),
        "time_window": traffic.TIME_WINDOWS[requests.window[n]],
        "load_pattern": traffic.LOAD_PATTERNS[requests.load[n]],
        "timestamp": datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds"),
    }
