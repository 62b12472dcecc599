"""GET /api/models: every model of every API; GET /api/models/{model}/history: what happened to one."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from models.executions import Executions
from models.history import History
from models.noted import Noted
from models.registered import Registered
from shared.clients import bounded
from shared.environment import Environment
from shared.overview import Overview
from shared.problems import install, request_id
from shared.served import served
from shared.telemetry import logger, tracer

app = APIGatewayRestResolver()
install(app)


@cache
def overview() -> Overview:
    environment = Environment()
    models = served(environment)
    environment.done()
    config = bounded(read_timeout_s=3, attempts=2)
    return Overview(models, boto3.client("ssm", config=config), boto3.client("sagemaker", config=config))


@cache
def history() -> History:
    environment = Environment()
    machines, table = environment.text("MACHINES"), environment.text("STATE_TABLE")
    promotion = machines + environment.text("PROMOTION")
    models = served(environment, machines=machines)
    environment.done()
    ssm, sagemaker, steps, dynamodb = (
        boto3.client(service, config=bounded(read_timeout_s=3, attempts=2))
        for service in ("ssm", "sagemaker", "stepfunctions", "dynamodb")
    )
    executions = Executions(steps, promotion)
    return History(models, executions, Registered(sagemaker, ssm, executions), Noted(dynamodb, table))


@app.get("/api/models")
def list_models() -> Response[str]:
    body = {"models": overview().all(), "request_id": request_id(app)}
    return Response(200, "application/json", json.dumps(body))


@app.get("/api/models/<model>/history")
def tell_history(model: str) -> Response[str]:
    asked = app.current_event.query_string_parameters
    told = history().of(model, asked.get("limit"), asked.get("before"))
    return Response(200, "application/json", json.dumps({**told, "request_id": request_id(app)}))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    overview()
    return app.resolve(event, context)
