"""The promotion state machine's three steps: start, check, restore."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from promote.champion import Champion
from promote.packages import Packages
from promote.promotion import Promotion
from promote.stack import ServingStack
from shared.clients import bounded
from shared.environment import Environment
from shared.telemetry import logger, tracer


class UnknownModel(Exception):
    """The event names a model this environment does not serve."""


@cache
def promotions() -> dict[str, Promotion]:
    """Each model's promotion, made at the cold start."""
    environment = Environment()
    targets = environment.table("TARGETS", "parameter", "stack", "group")
    environment.done()
    ssm, cloudformation, sagemaker = (
        boto3.client(service, config=bounded(read_timeout_s=10))
        for service in ("ssm", "cloudformation", "sagemaker")
    )
    return {
        model: Promotion(
            Champion(ssm, target["parameter"]),
            ServingStack(cloudformation, target["stack"]),
            Packages(sagemaker, target["group"]),
        )
        for model, target in targets.items()
    }


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """`{"action": "start" | "check" | "restore", "model", "package", "previous"?}`."""
    promotion = promotions().get(event["model"])
    if promotion is None:
        raise UnknownModel(f"no model {event['model']!r} here; known: {', '.join(promotions())}")
    told = _act(promotion, event)
    logger.info("promotion", extra={"action": event["action"], "model": event["model"], **told})
    return told


def _act(promotion: Promotion, event: dict[str, Any]) -> dict[str, Any]:
    if event["action"] == "start":
        return promotion.start(event["package"])
    if event["action"] == "check":
        return promotion.check()
    if event["action"] == "restore":
        return promotion.restore(event["package"], event["previous"])
    raise ValueError(f"action must be start, check or restore, got {event['action']!r}")
