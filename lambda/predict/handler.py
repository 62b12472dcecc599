"""POST /api/predict/...: one record or a batch in, predictions out."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from catalog.contract import Contract
from predict.predictor import Answer, Predictor
from predict.request import Request, parse
from shared.body import read_json
from shared.clients import bounded
from shared.environment import Environment
from shared.inputs import Inputs
from shared.problems import NotFound, install, request_id
from shared.registry import version
from shared.telemetry import count, logger, tracer

app = APIGatewayRestResolver()
install(app)


@cache
def predictors() -> dict[str, Predictor]:
    """The predictor of each route, made at the cold start."""
    environment = Environment()
    routes = environment.table("ROUTES", "model", "endpoint")
    contracts = environment.contracts()
    models = {route["model"] for route in routes.values() if "model" in route}
    lacking = sorted(models - set(contracts))
    environment.require(not lacking, f"ROUTES names models without a contract: {', '.join(lacking)}")
    table = environment.text("STATE_TABLE")
    environment.done()
    runtime = boto3.client("sagemaker-runtime", config=bounded(read_timeout_s=8, attempts=2))
    dynamodb = boto3.client("dynamodb", config=bounded(read_timeout_s=1, attempts=2))

    def predictor(contract: Contract, endpoint: str) -> Predictor:
        return Predictor(contract, endpoint, runtime, Inputs(lambda: dynamodb, table, contract))

    return {route: predictor(contracts[entry["model"]], entry["endpoint"]) for route, entry in routes.items()}


@app.post(".+")
def predict() -> Response[str]:
    predictor = predictors().get(app.current_event.path)
    if predictor is None:
        raise NotFound(f"no model answers at {app.current_event.path}; known: {', '.join(predictors())}")
    request = parse(read_json(app.current_event), predictor.contract)
    explain = (app.current_event.query_string_parameters or {}).get("explain") != "false"
    started = time.perf_counter()
    answer = predictor.predict(request.records, explain=explain)
    _tell(predictor.contract.name, request, answer, time.perf_counter() - started)
    predictor.inputs.count(request.records)
    return Response(200, "application/json", json.dumps(_body(predictor.contract.name, request, answer)))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    predictors()
    return app.resolve(event, context)


def _body(model: str, request: Request, answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "model_version": version(model, answer.model_version),
        "degraded": answer.reason is not None,
        "request_id": request_id(app),
    }
    if answer.reason:
        body["degraded_reason"] = answer.reason
    if request.single:
        return {**body, "prediction": answer.predictions[0]}
    return {**body, "predictions": answer.predictions}


def _tell(model: str, request: Request, answer: Answer, endpoint_s: float) -> None:
    rows = len(request.records)
    told = {"model": model, "model_version": answer.model_version, "records": rows, "reason": answer.reason}
    level = logger.warning if answer.reason else logger.info
    level("predicted", extra={**told, "endpoint_ms": round(endpoint_s * 1000, 1)})
    count({"Predictions": rows, "Degraded": rows if answer.reason else 0}, model=model)
