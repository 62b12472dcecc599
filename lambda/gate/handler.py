"""Reads a candidate's evaluation and says whether it may be promoted."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from gate.verdict import verdict
from shared.clients import bounded
from shared.telemetry import logger, tracer


@cache
def storage() -> Any:
    return boto3.client("s3", config=bounded(read_timeout_s=10))


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """`{"model", "evaluation_uri", "profile", "promotion", "approval"}` to `{"status", "reasons", ...}`."""
    judged = verdict(read(storage(), event["evaluation_uri"]), event)
    logger.info(
        "judged", extra={"model": event["model"], "status": judged["status"], "reasons": judged["reasons"]}
    )
    return judged


def read(client: Any, uri: str) -> dict[str, Any]:
    """The evaluation at `s3://bucket/key`; ValueError where it is none."""
    place = urlsplit(uri)
    if place.scheme != "s3" or not place.netloc or not place.path.strip("/"):
        raise ValueError(f"evaluation_uri must be s3://bucket/key, got {uri!r}")
    body = client.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    evaluation = json.loads(body)
    lacking = {"model", "profile", "metrics", "baselines"} - set(evaluation)
    if lacking:
        raise ValueError(f"{uri} lacks {', '.join(sorted(lacking))}")
    return dict(evaluation)
