"""One event of the bus in, one decision out; dry run unless the settings say to act."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, cast

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from remediate.allowed import allowed
from remediate.decisions import Decisions
from remediate.executor import MODES, Executor
from shared.clients import bounded
from shared.environment import Environment
from shared.telemetry import logger, tracer


@cache
def executor() -> Executor:
    environment = Environment()
    mode, name = environment.text("MODE"), environment.text("ENVIRONMENT")
    table, actions = environment.text("STATE_TABLE"), environment.text("ACTIONS")
    environment.require(mode in MODES, f"MODE must be one of {', '.join(MODES)}, got {mode!r}")
    found, problems = allowed(actions) if actions else ({}, [])
    for problem in problems:
        environment.require(False, problem)
    environment.done()
    config = bounded(read_timeout_s=5)
    clients = {service: boto3.client(service, config=config) for service in ("ssm", "ecs", "autoscaling")}
    decisions = Decisions(boto3.client("dynamodb", config=config), table)
    return Executor(cast(Literal["dry-run", "act"], mode), name, found, decisions, clients)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: Any, _: LambdaContext) -> dict[str, Any]:
    told = executor().decide(event)
    logger.info("decided", extra=told)
    return told
