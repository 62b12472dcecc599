"""What placing a request takes in its function: choosing alone, and forwarding without the twin's time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from statistics import median
from typing import Any

import numpy

TIMES, WARM, OTHERS = 2000, 100, 60
"""Calls that are timed, calls before them, and the different requests among all of them."""


def figures(handler: Any, requests: Any, event: Callable[..., Any], context: Any) -> dict[str, float]:
    """Seconds at the median and the 99th percentile by what is done, and the US dollars told of one."""
    made = handler.parts()
    bodies = [requests.one() for _ in range(OTHERS)]
    asked = cycle([made.reader.read(body, "r") for body in bodies])
    forwarded = cycle([event(body, "/route", {"platform": "lambda"}) for body in bodies])
    (session,) = made.service.learned.models._loaded.values()
    rows: Any = numpy.zeros((1, len(made.contract.columns)), numpy.float32)

    def route() -> None:
        answer = handler.handler(next(forwarded), context)
        if answer["statusCode"] != 200:
            raise SystemExit(f"the handler answered {answer}")

    def cost_usd() -> float:
        answer = handler.handler(event(requests.one()), context)
        return float(json.loads(answer["body"])["metrics"]["inference_cost_usd"])

    return {
        **_times("choose", lambda: made.chooser.choose(next(asked))),
        **_times("session", lambda: session._session.run(None, {"features": rows})),
        **_times("route", route),
        "cost_usd": median(cost_usd() for _ in range(WARM)),
    }


def _times(name: str, act: Callable[[], object]) -> dict[str, float]:
    found = sorted(list(_timed(act))[WARM:])
    return {f"{name}_p50": found[TIMES // 2], f"{name}_p99": found[int(TIMES * 0.99)]}


def _timed(act: Callable[[], object]) -> Iterator[float]:
    for _ in range(WARM + TIMES):
        began = time.perf_counter()
        act()
        yield time.perf_counter() - began
