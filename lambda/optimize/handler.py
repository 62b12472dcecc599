"""POST .../optimize/<model>: the best choice among the options sent; a direct invocation checks a package."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from optimize.estimates import Estimated
from optimize.optimum import Optimum
from optimize.parts import Parts
from serve import settings
from serve.clients import Clients
from serve.entry import answered
from shared.body import read_json
from shared.problems import install, request_id
from shared.telemetry import count, logger, tracer

app = APIGatewayRestResolver()
install(app)


@cache
def parts() -> Parts:
    """Made at the cold start."""
    return Parts(settings.read(), Clients())


@app.post(".+")
def optimize() -> Response[str]:
    started = time.perf_counter()
    made = parts()
    asked = made.asked.read(read_json(app.current_event))
    field = made.optimizer.options
    estimated = (
        made.estimates.fill(asked.options, field, request_id(app))
        if made.estimates
        else Estimated(asked.options)
    )
    plan = Optimum(made.optimizer).of(asked, estimated)
    body = {**_head(made, estimated), "plan": plan}
    _tell(made, estimated, plan, 1000 * (time.perf_counter() - started))
    return Response(200, "application/json", json.dumps(body, allow_nan=False))


def _head(made: Parts, estimated: Estimated) -> dict[str, Any]:
    estimate, contract = made.optimizer.estimate, made.contract
    head: dict[str, Any] = {
        "model": contract.name,
        "model_version": f"{contract.name}/{contract.hash[:8]}",
        "degraded": estimated.reason is not None,
        "request_id": request_id(app),
    }
    if estimated.reason:
        head["degraded_reason"] = estimated.reason
    if estimate:
        head["estimates"] = {
            "model": estimate.model,
            "model_versions": list(estimated.versions),
            "estimated": estimated.count,
            "given": len(estimated.options) - estimated.count,
        }
    return head


def _tell(made: Parts, estimated: Estimated, plan: dict[str, Any], latency_ms: float) -> None:
    name = made.contract.name
    logger.info(
        "optimised",
        extra={
            "model": name,
            "options": len(estimated.options),
            "proven": plan["proven"],
            "gap": plan["gap"],
        },
    )
    count({"Predictions": 1, "Degraded": int(estimated.reason is not None)}, model=name)
    made.counters.add(name, {"predictions": 1}, latency_ms)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answered(app, parts(), event, context)
