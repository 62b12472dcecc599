"""POST /api/insights: nothing of a good record is lost, nothing of a bad one is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from catalog.models import MODELS
from catalog.records.iops_insight import IOPS_INSIGHT
from insights import handler as module
from insights.ingestion import Ingestion
from insights.table import Table
from shared.dead_letters import DeadLetters
from tests.lambda_.conftest import Context, Event
from tests.lambda_.examples import record
from tests.lambda_.fakes import Fake, refusal

CONTRACT = next(spec.contract for spec in MODELS if spec.contract.record is IOPS_INSIGHT)
LABELS = tuple(spec.contract.target for spec in MODELS if spec.contract.record is IOPS_INSIGHT)
NOW = 1_770_000_000


class DynamoDb(Fake):
    """A table that leaves the last `unprocessed` items of its next batches unwritten, or fails."""

    service = "dynamodb"

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[str, Any] = {}
        self.unprocessed: list[int] = []
        self.failure: Exception | None = None

    def BatchWriteItem(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N802, N803 - AWS's names
        if self.failure:
            raise self.failure
        ((table, requests),) = RequestItems.items()
        identities = [request["PutRequest"]["Item"]["id"]["S"] for request in requests]
        assert len(requests) <= 25
        assert len(set(identities)) == len(identities), "BatchWriteItem refuses duplicates"
        keep = len(requests) - (self.unprocessed.pop(0) if self.unprocessed else 0)
        for request in requests[:keep]:
            self.items[request["PutRequest"]["Item"]["id"]["S"]] = request["PutRequest"]["Item"]
        return {"UnprocessedItems": {table: requests[keep:]} if requests[keep:] else {}}


class Sqs(Fake):
    service = "sqs"

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Any] = []
        self.failure: Exception | None = None
        self.refused = 0

    def SendMessageBatch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N802, N803 - AWS's names
        assert QueueUrl == "queue"
        assert len(Entries) <= 10
        if self.failure:
            raise self.failure
        kept = Entries[: len(Entries) - self.refused]
        self.letters += [json.loads(entry["MessageBody"]) for entry in kept]
        failed = [{"Id": entry["Id"], "SenderFault": False, "Code": "x"} for entry in Entries[len(kept) :]]
        return {"Successful": [], "Failed": failed} if failed else {"Successful": []}


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class World:
    def __init__(self) -> None:
        self.dynamodb, self.sqs, self.clock = DynamoDb(), Sqs(), Clock()
        clock = self.clock
        table = Table(self.dynamodb, "IOPSInsights", lambda: clock.now, clock.sleep, lambda: 0.9)
        letters = DeadLetters(self.sqs, "queue")
        self.ingestion = Ingestion(IOPS_INSIGHT, LABELS, table, letters, 30, lambda: NOW)

    def take(self, *records: Any) -> dict[str, Any]:
        return self.ingestion.take(records, deadline=10.0)


@pytest.fixture
def world() -> World:
    return World()


def volumes(count: int) -> list[dict[str, Any]]:
    return [record(CONTRACT, volume_id=f"vol-{n}") for n in range(count)]


def test_good_records_are_stored_as_they_are(world: World) -> None:
    labelled = record(
        CONTRACT, risk_level="high", performance_score=12.5, avg_latency=0.1, queue_depth=1e-200
    )
    assert world.take(labelled) == {"accepted": 1, "rejected": [], "failed": [], "superseded": []}
    (item,) = world.dynamodb.items.values()
    assert (item["origin"], item["expires_at"]) == ({"S": "api"}, {"N": str(NOW + 30 * 86_400)})
    assert (item["risk_level"], item["performance_score"]) == ({"S": "high"}, {"N": "12.5"})
    assert (item["avg_latency"], item["queue_depth"]) == ({"N": "0.1"}, {"N": "0"})


def test_a_replay_overwrites_whatever_offset_it_is_told_in(world: World) -> None:
    world.take(record(CONTRACT, timestamp="2026-03-02T14:30:00+00:00"))
    world.take(record(CONTRACT, timestamp="2026-03-02T15:30:00+01:00"))
    world.take(record(CONTRACT, timestamp="2026-03-02T14:30:00Z"))
    assert len(world.dynamodb.items) == 1


def test_bad_records_are_answered_one_by_one_and_not_stored(world: World) -> None:
    taken = world.take(
        volumes(1)[0], record(CONTRACT, error_rate=3, risk_level="awful"), "text", record(CONTRACT, id="mine")
    )
    assert taken["accepted"] == len(world.dynamodb.items) == 1
    wrong = {each["index"]: {error["field"] for error in each["errors"]} for each in taken["rejected"]}
    assert wrong == {1: {"error_rate", "risk_level"}, 2: {""}, 3: {"id"}}


def test_of_records_with_the_same_keys_the_last_wins(world: World) -> None:
    taken = world.take(*(record(CONTRACT, queue_depth=depth) for depth in (1, 2, 3)))
    assert (taken["accepted"], taken["superseded"]) == (1, [{"index": 0, "by": 1}, {"index": 1, "by": 2}])
    (item,) = world.dynamodb.items.values()
    assert item["queue_depth"] == {"N": "3.0"}


def test_unprocessed_items_are_tried_again_with_growing_waits(world: World) -> None:
    world.dynamodb.unprocessed = [25, 20, 1]
    assert world.take(*volumes(60))["accepted"] == len(world.dynamodb.items) == 60
    assert world.clock.waits == pytest.approx([0.045, 0.09, 0.18])
    assert world.sqs.letters == []


@pytest.mark.parametrize(
    "failure",
    [
        refusal("BatchWriteItem", "ProvisionedThroughputExceededException"),
        refusal("BatchWriteItem", "ResourceNotFoundException"),
        EndpointConnectionError(endpoint_url="http://dynamodb"),
    ],
    ids=str,
)
def test_what_the_table_never_takes_becomes_a_dead_letter(world: World, failure: Exception) -> None:
    world.dynamodb.failure = failure
    taken = world.take(*volumes(30))
    assert (taken["accepted"], len(taken["failed"])) == (0, 30)
    assert [letter["record"] for letter in world.sqs.letters] == volumes(30)
    assert world.clock.now <= 10.0


def test_part_of_a_batch_may_fail(world: World) -> None:
    world.dynamodb.unprocessed = [2] * 1000
    taken = world.take(*volumes(4))
    assert (taken["accepted"], [each["index"] for each in taken["failed"]]) == (2, [2, 3])
    assert len(world.sqs.letters) == 2


def answered(world: World, event: Event, context: Context, body: Any) -> tuple[int, Any, Any]:
    response = module.handler(event("/api/insights", body), context)
    return response["statusCode"], json.loads(response["body"]), response["multiValueHeaders"]


@pytest.fixture
def served(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(module, "ingestion", lambda: world.ingestion)
    return world


def test_statuses(served: World, event: Event, context: Context) -> None:
    good, bad = volumes(1)[0], record(CONTRACT, error_rate=3)
    status, body, _ = answered(served, event, context, {"records": [good]})
    assert (status, body["accepted"], body["request_id"]) == (202, 1, "request-1")
    assert answered(served, event, context, {"records": [good, bad]})[0] == 207
    assert answered(served, event, context, good)[0] == 400
    assert answered(served, event, context, {"records": []})[0] == 400
    assert answered(served, event, context, {"records": [good] * 501})[0] == 413
    served.dynamodb.failure = refusal("BatchWriteItem", "AccessDeniedException")
    assert answered(served, event, context, {"records": [good]})[0] == 207


@pytest.mark.parametrize("broken", ["call", "entry"])
def test_where_even_the_queue_fails_the_sender_sends_again(
    served: World, event: Event, context: Context, broken: str
) -> None:
    served.dynamodb.failure = refusal("BatchWriteItem", "AccessDeniedException")
    if broken == "call":
        served.sqs.failure = refusal("SendMessageBatch", "AccessDenied")
    else:
        served.sqs.refused = 1
    status, body, headers = answered(served, event, context, {"records": volumes(12)})
    assert (status, body["title"], headers["Retry-After"]) == (503, "Not stored", ["10"])


def test_settings_make_the_function(
    event: Event, context: Context, monkeypatch: pytest.MonkeyPatch, world: World, tmp_path: Path
) -> None:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    for spec in MODELS:
        if spec.contract.record is IOPS_INSIGHT:
            (bundled / f"{spec.name}.json").write_text(spec.contract.to_json())
    monkeypatch.setenv("CONTRACTS_DIR", str(bundled))
    clients = {"dynamodb": world.dynamodb, "sqs": world.sqs}
    monkeypatch.setattr("boto3.client", lambda service, **_: clients[service])
    module.ingestion.cache_clear()
    monkeypatch.setenv("TTL_DAYS", "soon")
    with pytest.raises(
        ValueError, match="TABLE is not set; DEAD_LETTERS is not set; TTL_DAYS must be a whole"
    ):
        module.handler(event("/api/insights", {}), context)
    for name, value in {"TABLE": "IOPSInsights", "DEAD_LETTERS": "queue", "TTL_DAYS": "30"}.items():
        monkeypatch.setenv(name, value)
    labelled = record(CONTRACT, risk_level="low", performance_score=50)
    assert answered(world, event, context, {"records": [labelled]})[0] == 202
    assert len(world.dynamodb.items) == 1
    module.ingestion.cache_clear()
