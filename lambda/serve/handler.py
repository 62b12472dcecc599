"""POST .../predict/<model>, answered in the function itself; a direct invocation checks a package."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from serve import service, settings
from serve.clients import Clients
from serve.entry import answered
from serve.parts import Parts
from serve.telling import tell
from shared.body import read_json
from shared.problems import install, request_id
from shared.telemetry import logger, tracer

app = APIGatewayRestResolver()
install(app)


@cache
def parts() -> Parts:
    """Made at the cold start."""
    return Parts(settings.read(), Clients())


@app.post(".+")
def predict() -> Response[str]:
    started = time.perf_counter()
    made = parts()
    request = made.reader.read(read_json(app.current_event), request_id(app))
    reply = made.service.answer(request)
    answer = service.body(made.contract, request, reply, request_id(app))
    response = Response(200, "application/json", json.dumps(answer, allow_nan=False))
    tell(made, reply, request_id(app), started)
    return response


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answered(app, parts(), event, context)
