"""Run as a process of its own with `lambda/` on its path: the predict handler without the endpoint's time.

botocore's `before-send` hook answers in the endpoint's place, so signing, serializing and parsing are timed
and nothing else of the endpoint is.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from catalog.contract import Feature, Key
from catalog.models import MODELS
from local.bench.serve_requests import event as request
from predict import handler as module

REPEATS = 2000


class _Raw:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, *_: object, **__: object) -> bytes:
        data, self.data = self.data, b""
        return data

    def stream(self, *_: object, **__: object) -> Any:
        yield self.read()


class Context:
    function_name, memory_limit_in_mb, aws_request_id = "predict", 512, "probe"
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:predict"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def main() -> None:
    context: Any = Context()
    spec = MODELS[0]
    schema = spec.contract.record
    fields: list[Key | Feature] = [*schema.keys, *schema.features]
    record = {f.name: f.example for f in fields}
    size = int(sys.argv[1])
    share = 1 / len(spec.contract.target.classes)
    prediction = {
        "label": spec.contract.target.classes[0],
        "confidence": share,
        "probabilities": dict.fromkeys(spec.contract.target.classes, share),
        "contributions": [{"feature": "p99_latency", "value": 1.0, "contribution": 0.1}] * 5,
    }
    body = {"predictions": [prediction] * size, "contract_hash": spec.contract.hash, "model_version": "1"}
    canned = json.dumps(body).encode()

    headers: Any = {"content-type": "application/json"}

    def answer(request: Any, **_: object) -> AWSResponse:
        return AWSResponse(request.url, 200, headers, _Raw(canned))

    boto3.DEFAULT_SESSION = boto3.Session()
    events: Any = boto3.DEFAULT_SESSION.events
    events.register("before-send.*", answer)
    payload = record if size == 1 else {"records": [record] * size}
    event = request(payload, spec.route)
    started = time.perf_counter()
    first = module.handler(event, context)
    cold = time.perf_counter() - started
    if first["statusCode"] != 200:
        raise SystemExit(f"the handler answered {first}")
    times = []
    for _ in range(max(200, REPEATS // size)):
        started = time.perf_counter()
        module.handler(event, context)
        times.append(time.perf_counter() - started)
    times.sort()
    figures = {"cold": cold, "p50": times[len(times) // 2], "p99": times[int(len(times) * 0.99)]}
    print("\n" + json.dumps(figures))


main()
