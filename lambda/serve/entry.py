"""What comes to a function that answers with a model: a request to the API, or a direct call."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from serve.check import check
from serve.parts import Parts


def answered(
    app: APIGatewayRestResolver, made: Parts, event: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """The API's answer, a failure being counted; a direct call tries the package that it names."""
    if "check" in event:
        return check(made.clients.sagemaker, made.clients.s3, str(event["check"]), made.contract)
    started = time.perf_counter()
    response: dict[str, Any] = app.resolve(event, context)
    if response["statusCode"] >= 500:
        made.counters.add(made.contract.name, {"errors": 1}, 1000 * (time.perf_counter() - started))
    return response
