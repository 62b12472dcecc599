"""Takes what the state machines tell from a queue and records it in MLflow; what fails waits in the queue."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any, NamedTuple

import boto3
import mlflow
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from mlflow import MlflowClient

from record.messages import parse
from record.recorder import Recorder
from record.results import Results
from record.waits import waiting
from shared.clients import bounded
from shared.environment import Environment
from shared.telemetry import count, logger, tracer

NO_SERVER = "none"

processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


class NotYet(Exception):
    """There is no tracking server so far; the message comes again."""


class Place(NamedTuple):
    environment: str
    parameter: str
    queue_url: str
    ssm: Any
    sqs: Any
    results: Results


@cache
def place() -> Place:
    given = Environment()
    environment, parameter, queue_url = map(given.text, ("ENVIRONMENT", "TRACKING", "QUEUE_URL"))
    given.done()
    config = bounded(read_timeout_s=10)
    results = Results(boto3.client("sagemaker", config=config), boto3.client("s3", config=config))
    clients = boto3.client("ssm", config=config), boto3.client("sqs", config=config)
    return Place(environment, parameter, queue_url, *clients, results)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers `{"batchItemFailures": [...]}`."""
    return dict(process_partial_response(event, record_or_wait, processor, context))


def record_or_wait(record: SQSRecord) -> None:
    """Where it fails, the message stays away for longer each time."""
    try:
        told = parse(record.body)
        Recorder(place().results, tracking(), place().environment).record(told)
    except Exception as error:
        wait_s = waiting(int(record.attributes.approximate_receive_count))
        logger.warning(
            "not recorded", extra={"error": f"{type(error).__name__}: {error}"[:500], "wait_s": wait_s}
        )
        place().sqs.change_message_visibility(
            QueueUrl=place().queue_url, ReceiptHandle=record.receipt_handle, VisibilityTimeout=wait_s
        )
        raise
    logger.info("recorded", extra={"kind": type(told).__name__, "model": told.model, "package": told.package})
    count({"Recorded": 1}, model=told.model)


def tracking() -> MlflowClient:
    """A client of the server whose address (or ARN) the parameter holds."""
    address = place().ssm.get_parameter(Name=place().parameter)["Parameter"]["Value"]
    if address == NO_SERVER:
        raise NotYet(f"{place().parameter} holds {NO_SERVER!r}; no tracking server was named yet")
    if not address.startswith("arn:"):
        # the plugin takes every address apart as an ARN, and warns at each request that it is none
        logging.getLogger("mlflow.tracking.request_header.registry").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(address)  # the plugin that signs requests to an ARN looks it up there
    return MlflowClient()
