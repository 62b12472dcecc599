"""Table streams into functions: filtered, retried, and given up to the dead-letter queue."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.local.toys import BUCKET, ROLE, LocalAws, wait_until

CODE = """
import boto3

def handler(event, context):
    failures = []
    for record in event["Records"]:
        name = record["dynamodb"]["NewImage"]["id"]["S"]
        if name == "crash":
            raise ValueError("poison")
        if name == "reported":
            failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
            continue
        boto3.client("s3").put_object(Bucket="toy", Key=f"streamed/{name}", Body=b"1")
    return {"batchItemFailures": failures}
"""


def _mapping(aws: LocalAws) -> str:
    """A table, a function on its stream, and the queue for what the function cannot take; the queue's URL."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("h.py", CODE)
    aws("lambda").create_function(
        FunctionName="streamed",
        Runtime="python3.12",
        Role=ROLE,
        Handler="h.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    aws("dynamodb").create_table(
        TableName="streamed",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    queue: str = aws("sqs").create_queue(QueueName="dead")["QueueUrl"]
    asked = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    pattern = {"dynamodb": {"NewImage": {"origin": {"S": [{"anything-but": ["bulk"]}]}}}}
    aws("lambda").create_event_source_mapping(
        FunctionName="streamed",
        EventSourceArn=aws("dynamodb").describe_table(TableName="streamed")["Table"]["LatestStreamArn"],
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": asked["Attributes"]["QueueArn"]}},
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
    )
    return queue


def test_poison_records_end_in_the_queue_and_the_rest_flows(aws: LocalAws) -> None:
    queue = _mapping(aws)
    items: list[Any] = [
        ("good", "api"),
        ("bulk", "bulk"),
        ("crash", "api"),
        ("reported", "api"),
        ("late", "api"),
    ]
    requests = [{"PutRequest": {"Item": {"id": {"S": n}, "origin": {"S": o}}}} for n, o in items]
    aws("dynamodb").batch_write_item(RequestItems={"streamed": requests})

    def streamed() -> set[str]:
        found = aws("s3").list_objects_v2(Bucket=BUCKET, Prefix="streamed/").get("Contents", [])
        return {item["Key"].removeprefix("streamed/") for item in found}

    wait_until(lambda: streamed() == {"good", "late"}, 30)
    dead: list[dict[str, Any]] = []

    def drained() -> bool:
        messages = aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        dead.extend(json.loads(message["Body"]) for message in messages)
        return len(dead) >= 2

    wait_until(drained, 10)
    assert [d["requestContext"]["condition"] for d in dead] == ["RetryAttemptsExhausted"] * 2
    assert [d["DDBStreamBatchInfo"]["batchSize"] for d in dead] == [1, 1]
