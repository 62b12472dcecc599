"""POST /api/insights: a batch of records in, a verdict on each out."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from insights.ingestion import Ingestion
from insights.table import Table
from shared.body import batch, read_json
from shared.clients import bounded
from shared.dead_letters import DeadLetters
from shared.environment import Environment
from shared.problems import install, request_id
from shared.telemetry import count, logger, tracer

LONGEST_WRITE_S, SPARED_S = 10.0, 6.0
"""How long writes are retried, and what is left of the function's time for dead letters and the answer."""

app = APIGatewayRestResolver()
install(app)


@cache
def ingestion() -> Ingestion:
    environment = Environment()
    table, queue = environment.text("TABLE"), environment.text("DEAD_LETTERS")
    days = environment.number("TTL_DAYS")
    contracts = tuple(environment.contracts().values())
    schemas = sorted({contract.record.name for contract in contracts})
    environment.require(
        len(schemas) < 2, f"one table takes one record schema, given are {', '.join(schemas)}"
    )
    environment.done()
    config = bounded(read_timeout_s=3, attempts=2)
    return Ingestion(
        schema=contracts[0].record,
        labels=tuple(contract.target for contract in contracts),
        table=Table(boto3.client("dynamodb", config=config), table),
        dead_letters=DeadLetters(boto3.client("sqs", config=config), queue),
        ttl_days=days,
        now=time.time,
    )


@app.post("/api/insights")
def take_insights() -> Response[str]:
    records = batch(read_json(app.current_event))
    taken = ingestion().take(records, _deadline(app.lambda_context))
    told = {name: len(taken[name]) for name in ("rejected", "failed", "superseded")}
    logger.info("taken", extra={"accepted": taken["accepted"], **told})
    count({"Accepted": taken["accepted"], "Rejected": told["rejected"], "DeadLettered": told["failed"]})
    status = 207 if told["rejected"] or told["failed"] else 202
    return Response(status, "application/json", json.dumps({**taken, "request_id": request_id(app)}))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    ingestion()
    return app.resolve(event, context)


def _deadline(context: LambdaContext) -> float:
    remaining = context.get_remaining_time_in_millis() / 1000 - SPARED_S
    return time.monotonic() + min(LONGEST_WRITE_S, max(1.0, remaining))
