"""Run as a process of its own, beside its `serve_*` modules and with a function's bundle on the path alone.

Making clients, signing, serializing and parsing are timed; the network is not. The environment is the
function's own. Arguments: the model, a folder with its artifact or "", the records in a batch.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ONES, BATCHES, WARM = 1000, 12, 60
"""Calls of one record and of a batch that are timed; records before them, which fill every window."""
HANDLER, MEMORY_MB = os.environ["_HANDLER"].rpartition(".")[0], os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
"""As Lambda tells them."""
STARTING = "AWS_LAMBDA_INITIALIZATION_TYPE"


class Context:
    function_name, memory_limit_in_mb, aws_request_id = "serve", MEMORY_MB, "probe"
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:serve"

    def get_remaining_time_in_millis(self) -> int:
        return 15_000


def main(model: str, artifact: Path | None, size: int) -> dict[str, float]:
    began = time.perf_counter()
    aws = importlib.import_module("serve_aws").Aws(model, artifact)
    aws.hook()
    importlib.import_module(HANDLER.partition(".")[0])
    del os.environ[STARTING]  # so that the module does not start itself: that is timed for itself
    handler: Any = importlib.import_module(HANDLER)
    figures = {"import": time.perf_counter() - began}
    if start := getattr(handler, "start", None):
        figures["start"] = _timed(start)
    made: Any = importlib.import_module("serve_requests")
    requests = made.Requests(handler.parts().contract)
    send = _sender(handler, made.event)
    figures["first"] = _timed(lambda: send(requests.one()))
    for _ in range(WARM):
        send(requests.one())
    ones = sorted(_timed(lambda: send(requests.one())) for _ in range(ONES))
    aws.fill(size)
    send(requests.batch(size))
    batches = [_timed(lambda: send(requests.batch(size))) for _ in range(BATCHES)]
    figures |= {"p50": ones[ONES // 2], "p99": ones[int(ONES * 0.99)], "rate": size / median(batches)}
    if handler.parts().contract.placement:
        placing: Any = importlib.import_module("serve_placing")
        figures |= placing.figures(handler, requests, made.event, Context())
    return {**figures, **_limit(handler.parts().service, size)}


def _sender(handler: Any, event: Callable[[Any], Any]) -> Callable[[Any], None]:
    context = Context()

    def send(body: Any) -> None:
        response = handler.handler(event(body), context)
        if response["statusCode"] != 200 or _degraded(json.loads(response["body"])):
            raise SystemExit(f"the handler answered {response}")

    return send


def _degraded(answer: Any) -> bool:
    """A placement tells it of each request's model, all others of the whole answer."""
    if "degraded" in answer:
        return bool(answer["degraded"])
    return any(each["model_info"].get("degraded") for each in answer.get("predictions", [answer]))


def _limit(service: Any, size: int) -> dict[str, float]:
    """The model alone on rows that are ready: seconds for one record, and records a second in a batch."""
    contract, numpy = service.contract, importlib.import_module("numpy")
    if contract.detector:
        return _detector_limit(contract.detector, size)
    if not service.learned:
        record = {feature.name: feature.example for feature in contract.record.features}
        once = _often(lambda: contract.fallback.answer(record), ONES)
        return {"raw": once, "raw_rate": 1 / once}
    (session,) = service.learned.models._loaded.values()
    horizons, run = len(contract.target.horizons) or 1, session._session.run
    rows: Any = numpy.zeros((size * horizons, len(contract.columns)), numpy.float32)
    once = _often(lambda: run(None, {"features": rows[:horizons]}), ONES)
    return {"raw": once, "raw_rate": size / _often(lambda: run(None, {"features": rows}), BATCHES)}


def _detector_limit(declared: Any, size: int) -> dict[str, float]:
    code, numpy = importlib.import_module(f"detectors.{declared.method}"), importlib.import_module("numpy")
    detector = code.Detector(dict(declared.settings))
    values: Any = numpy.random.default_rng(0).normal(50, 2, 40 * size)
    place = 0

    def feed(points: int) -> None:
        nonlocal place
        times = numpy.arange(place, place + points) * 60.0
        detector.update(times, values[place : place + points])
        place += points

    feed(20 * size)
    once = _often(lambda: feed(1), size)
    return {"raw": once, "raw_rate": size / _often(lambda: feed(size), BATCHES)}


def _often(act: Callable[[], object], times: int) -> float:
    return median(_timed(act) for _ in range(times))


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    name, folder, batch = sys.argv[1:]
    found = main(name, Path(folder) if folder else None, int(batch))
    print("\n" + json.dumps(found))
