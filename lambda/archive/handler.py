"""The insight table's stream to raw/."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from archive.archive import Archive
from archive.lines import wanted
from shared.clients import bounded
from shared.dead_letters import DeadLetters
from shared.environment import Environment
from shared.telemetry import count, logger, tracer

processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


@cache
def archive() -> Archive:
    environment = Environment()
    bucket, queue = environment.text("BUCKET"), environment.text("DEAD_LETTERS")
    environment.done()
    config = bounded(read_timeout_s=10)
    letters = DeadLetters(boto3.client("sqs", config=config), queue)
    return Archive(boto3.client("s3", config=config), bucket, letters)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers `{"batchItemFailures": [...]}`: the stream resumes at the first that failed."""
    failures = archive().carry(event["Records"])

    def outcome(record: DynamoDBRecord) -> None:
        number = record.dynamodb.sequence_number if record.dynamodb else None
        if number in failures:
            raise failures[number]

    response = process_partial_response(event, outcome, processor, context)
    arrived = sum(map(wanted, event["Records"])) - len(failures)
    logger.info("archived", extra={"arrived": arrived, "failed": len(failures)})
    count({"Archived": arrived})
    return dict(response)
