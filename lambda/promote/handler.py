"""The promotion state machine's three steps: start, check, restore."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from promote.champion import Champion
from promote.packages import Packages
from promote.promotion import Promotion
from promote.serving_function import ServingFunction
from promote.shift import Shift
from promote.stack import ServingStack
from shared.clients import bounded
from shared.environment import Environment
from shared.telemetry import logger, tracer


class UnknownModel(Exception):
    """The event names a model this environment does not serve."""


@cache
def promotions() -> dict[str, Promotion | Shift]:
    """Each model's promotion, made at the cold start."""
    environment = Environment()
    targets = environment.table("TARGETS", "parameter", "group")
    environment.done()
    return {model: _promotion(target) for model, target in targets.items()}


def _promotion(target: dict[str, str]) -> Promotion | Shift:
    """By the stack that serves the model, or by the function that does."""
    champion = Champion(_client("ssm"), target["parameter"])
    packages = Packages(_client("sagemaker"), target["group"])
    if "stack" in target:
        return Promotion(champion, ServingStack(_client("cloudformation"), target["stack"]), packages)
    watched = target["alarms"].split(",")
    function = ServingFunction(_client("lambda"), _client("cloudwatch"), target["function"], watched)
    return Shift(
        champion,
        Champion(_client("ssm"), target["candidate"]),
        function,
        packages,
        percent=int(target["percent"]),
        wait_s=int(target["wait_s"]),
        bake_s=int(target["bake_s"]),
    )


@cache
def _client(service: Any) -> Any:
    # a function that tries a package loads it first
    return boto3.client(service, config=bounded(read_timeout_s=40 if service == "lambda" else 10))


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


def _act(promotion: Promotion | Shift, event: dict[str, Any]) -> dict[str, Any]:
    if event["action"] == "start":
        return promotion.start(event["package"])
    if event["action"] == "check":
        return promotion.check(event["package"])
    if event["action"] == "restore":
        return promotion.restore(event["package"], event["previous"])
    raise ValueError(f"action must be start, check or restore, got {event['action']!r}")
