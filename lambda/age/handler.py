"""Emits ModelAgeDays per champion: the days since its package was registered, right after its training."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.clients import bounded
from shared.environment import Environment
from shared.registry import champions, package
from shared.telemetry import count, logger, tracer

SECONDS_PER_DAY = 86_400


class Watch(NamedTuple):
    """The champion parameter of each model, and the clients that read it and its package."""

    parameters: dict[str, str]
    ssm: Any
    sagemaker: Any


@cache
def watch() -> Watch:
    environment = Environment()
    models = environment.table("MODELS", "parameter")
    environment.done()
    parameters = {name: entry["parameter"] for name, entry in models.items()}
    return Watch(
        parameters, boto3.client("ssm", config=bounded()), boto3.client("sagemaker", config=bounded())
    )


def now() -> datetime:
    return datetime.now(UTC)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(_event: dict[str, Any], _: LambdaContext) -> dict[str, float]:
    """Answers the days per model; a model without a champion has none."""
    ages = measure(watch())
    for model, days in ages.items():
        count({"ModelAgeDays": days}, model=model)
    logger.info("measured", extra={"ages": ages})
    return ages


def measure(watched: Watch) -> dict[str, float]:
    found = champions(watched.ssm, watched.parameters.values())
    registered = {
        model: package(watched.sagemaker, found.get(parameter))
        for model, parameter in watched.parameters.items()
    }
    return {
        model: round((now() - known["CreationTime"]).total_seconds() / SECONDS_PER_DAY, 2)
        for model, known in registered.items()
        if known
    }
