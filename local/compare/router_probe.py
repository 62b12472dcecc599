"""Run as a process of its own with `lambda/` on its path: the router's handler, all but the network.

Arguments: the model, a model directory. AWS's answers are canned where botocore would send.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from local.bench.serve_aws import Aws
from local.bench.serve_requests import event

CALLS = 1500


class Context:
    function_name, memory_limit_in_mb, aws_request_id = "place", 512, "probe"
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:place"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


def main(model: str, folder: Path) -> dict[str, float]:
    Aws(model, folder).hook()
    module: Any = importlib.import_module("place.handler")
    contract = module.parts().contract
    schema = contract.record
    body = {each.name: each.example for each in (*schema.keys, *schema.given)}
    asked = event(body)
    inference: list[float] = []

    def once() -> float:
        began = time.perf_counter()
        response = module.handler(asked, Context())
        took = 1000 * (time.perf_counter() - began)
        answer = json.loads(response["body"])
        if response["statusCode"] != 200 or answer["model_info"].get("degraded"):
            raise SystemExit(f"the handler answered {response}")
        inference.append(answer["metrics"]["inference_time_ms"])
        return took

    first = once()
    times = sorted(once() for _ in range(CALLS))
    return {
        "first_ms": first,
        "p50_ms": times[CALLS // 2],
        "p99_ms": times[int(CALLS * 0.99)],
        "inference_ms": median(inference),
    }


if __name__ == "__main__":
    print("\n" + json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
