"""GET /api/models: every model of every API."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

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


@app.get("/api/models")
def list_models() -> Response[str]:
    body = {"models": overview().all(), "request_id": request_id(app)}
    return Response(200, "application/json", json.dumps(body))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    overview()
    return app.resolve(event, context)
