"""POST /predict says where a request is served best, POST /route serves it; a direct call tries a package."""

from __future__ import annotations

import gc
import json
import os
import time
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from place import STARTING, settings
from place.clients import Clients
from place.parts import Parts
from place.told import Telling
from serve.entry import answered
from serve.telling import tell
from shared.body import read_json
from shared.problems import NotFound, install, request_id
from shared.telemetry import logger, tracer

app = APIGatewayRestResolver()
install(app)


@cache
def parts() -> Parts:
    """Made at the cold start."""
    return Parts(settings.read(), Clients())


def warm() -> None:
    """Makes clients, and answers the contract's own example, which loads the champion; nothing is counted."""
    try:
        made = parts()
        schema = made.contract.record
        keys = {key.name: key.example for key in schema.keys}
        example = keys | {feature.name: feature.example for feature in schema.given}
        made.chooser.choose(made.reader.read(example))
        made.make_clients()
    except Exception:  # the first request meets it again, and can tell its caller
        logger.exception("not warm")


def start() -> None:
    """The last of what Lambda has done before the first request; nothing made until then is collected."""
    warm()
    gc.freeze()
    gc.enable()


@app.post(".*/predict(?:/[^/]+)?")
def predict() -> Response[str]:
    started = time.perf_counter()
    made = parts()
    request = made.reader.read(read_json(app.current_event), request_id(app))
    reply, choices = made.chooser.choose(request)
    telling = _telling(made)
    single = request.kind == "one"
    response = _answer(telling.one(choices[0]) if single else telling.batch(choices, request_id(app)))
    tell(made, reply, request_id(app), started)
    return response


@app.post("/.+")
def route() -> Response[str]:
    started = time.perf_counter()
    made, event, context = parts(), app.current_event, app.lambda_context
    if made.router is None:
        raise NotFound(f"there is no {event.http_method} {event.path}")
    platform = (event.query_string_parameters or {}).get("platform")
    order = made.orders.read(read_json(event), platform, request_id(app))
    reply, (choice,) = made.chooser.choose(order.request)
    answer = _telling(made).one(choice)
    began = time.perf_counter()
    try:
        served = made.router.serve(order, choice, lambda: context.get_remaining_time_in_millis() / 1000)
    finally:
        # the twins' time is theirs: counted is what choosing takes
        tell(made, reply, request_id(app), started + time.perf_counter() - began)
    return _answer({**answer, "outcome": served.outcome, "result": served.result})


def _telling(made: Parts) -> Telling:
    return Telling(made.contract, made.placement, int(app.lambda_context.memory_limit_in_mb))


def _answer(body: dict[str, Any]) -> Response[str]:
    return Response(200, "application/json", json.dumps(body, allow_nan=False))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answered(app, parts(), event, context)


if STARTING in os.environ:
    start()
