"""Each API's GET health, models/status, models/train/{id} and metrics, and POST models/train."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from control.control import Control
from control.metrics import CONTENT_TYPE
from control.request import parse
from shared.body import read_json
from shared.clients import bounded
from shared.counters import Counters
from shared.environment import Environment
from shared.locks import Locks
from shared.overview import Overview, health
from shared.problems import NotFound, install, request_id
from shared.runs import Runs
from shared.served import served
from shared.telemetry import logger, tracer

app = APIGatewayRestResolver()
install(app)


@cache
def control() -> Control:
    environment = Environment()
    models = served(environment, machines=environment.text("MACHINES"))
    table = environment.text("STATE_TABLE")
    environment.done()
    ssm, sagemaker, steps, dynamodb = (
        boto3.client(service, config=bounded(read_timeout_s=3, attempts=2))
        for service in ("ssm", "sagemaker", "stepfunctions", "dynamodb")
    )
    runs = Runs(steps, Locks(dynamodb, table))
    made = Control(models, Overview(models, ssm, sagemaker), runs, Counters(dynamodb, table), dynamodb, table)
    made.overview.more = made.training
    return made


@app.get(".*/health")
def tell_health() -> Response[str]:
    api = _api("/health")
    return _json({**health(control().overview.of(api)), "uptime_seconds": control().uptime_s()})


@app.get(".*/models/status")
def tell_status() -> Response[str]:
    return _json({"models": control().overview.of(_api("/models/status"))})


@app.post(".*/models/train")
def train() -> Response[str]:
    models = control().of(_api("/models/train"))
    order = parse(read_json(app.current_event), models)
    return _json({"executions": control().train(order)}, status=202)


@app.get(".*/models/train/<execution_id>")
def tell_training(execution_id: str) -> Response[str]:
    models = control().of(_api(f"/models/train/{execution_id}"))
    return _json(control().execution(models, execution_id))


@app.post(".*/predict/<model>")
def refuse_prediction(model: str) -> Response[str]:
    """Models that there are have routes of their own."""
    known = control().of(_api(f"/predict/{model}"))
    raise NotFound(f"there is no model at {app.current_event.path}; known: {', '.join(sorted(known))}")


@app.get(".*/metrics")
def tell_metrics() -> Response[str]:
    return Response(200, CONTENT_TYPE, control().metrics(_api("/metrics")))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    control()
    return app.resolve(event, context)


def _api(suffix: str) -> str:
    """Where the API begins that the request asks; NotFound where no model answers below it."""
    api = app.current_event.path.rstrip("/").removesuffix(suffix)
    if not control().of(api):
        raise NotFound(f"there is no {app.current_event.http_method} {app.current_event.path}")
    return api


def _json(body: dict[str, Any], status: int = 200) -> Response[str]:
    return Response(status, "application/json", json.dumps({**body, "request_id": request_id(app)}))
