"""The table's stream to raw/: grouped by date, replayable, resumed where it failed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from archive import handler as module
from archive.archive import Archive
from catalog.models import MODELS
from insights.items import canonical, item
from shared.dead_letters import DeadLetters
from tests.lambda_.conftest import Context
from tests.lambda_.examples import record
from tests.lambda_.fakes import Fake, refusal
from tests.lambda_.test_insights import Sqs

CONTRACT = MODELS[0].contract


class S3(Fake):
    service = "s3"

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}
        self.failing = ""

    def PutObject(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> Any:  # noqa: N802, N803
        assert (Bucket, ContentType) == ("raw", "application/x-ndjson")
        if self.failing and self.failing in Key:
            raise refusal("PutObject", "SlowDown")
        self.objects[Key] = Body
        return {}


class World:
    def __init__(self) -> None:
        self.s3, self.sqs = S3(), Sqs()
        self.archive = Archive(self.s3, "raw", DeadLetters(self.sqs, "queue"))

    def lines(self) -> list[Any]:
        text = b"".join(self.s3.objects[key] for key in sorted(self.s3.objects)).decode()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(module, "archive", lambda: made.archive)
    return made


def change(number: int, kind: str = "INSERT", origin: str = "api", **fields: Any) -> dict[str, Any]:
    stored = item(canonical(record(CONTRACT, **fields), CONTRACT.record.keys), CONTRACT.record.key_names, 99)
    image = {**stored, "origin": {"S": origin}}
    return {
        "eventID": str(number),
        "eventName": kind,
        "dynamodb": {"SequenceNumber": f"{number:021}", "NewImage": image},
    }


def test_records_arrive_as_they_were_sent(world: World, context: Context) -> None:
    sent = [record(CONTRACT, volume_id=f"vol-{n}", risk_level="low", avg_latency=0.1 + 0.2) for n in range(3)]
    event = {"Records": [change(n, **fields) for n, fields in enumerate(sent)]}
    assert module.handler(event, context) == {"batchItemFailures": []}
    assert world.lines() == sent


def test_one_object_per_date(world: World, context: Context) -> None:
    times = ["2026-03-02T23:59:00+00:00", "2026-03-03T00:01:00+02:00", "2026-03-03T00:00:00Z"]
    module.handler({"Records": [change(n, timestamp=time) for n, time in enumerate(times)]}, context)
    dates = [key.split("/")[2] for key in sorted(world.s3.objects)]
    assert dates == ["date=2026-03-02", "date=2026-03-03"]
    assert all(key.startswith("insights/profile=live/") for key in world.s3.objects)


def test_a_replay_writes_the_same_objects(world: World, context: Context) -> None:
    event = {"Records": [change(n, volume_id=f"vol-{n}") for n in range(3)]}
    module.handler(event, context)
    before = dict(world.s3.objects)
    module.handler(event, context)
    assert world.s3.objects == before
    module.handler({"Records": [change(0, volume_id="another-shard")]}, context)
    assert len(world.s3.objects) == 2


def test_bulk_loads_and_expiries_are_left_alone(world: World, context: Context) -> None:
    removal = {"eventID": "2", "eventName": "REMOVE", "dynamodb": {"SequenceNumber": "2", "OldImage": {}}}
    assert module.handler({"Records": [change(1, origin="bulk"), removal]}, context) == {
        "batchItemFailures": []
    }
    assert world.s3.objects == {}
    module.handler({"Records": [change(3, "MODIFY")]}, context)
    assert len(world.s3.objects) == 1


def test_a_failed_object_names_its_records(world: World, context: Context) -> None:
    world.s3.failing = "date=2026-03-03"
    times = ["2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z", "2026-03-02T13:00:00Z"]
    event = {"Records": [change(n, timestamp=time) for n, time in enumerate(times)]}
    assert module.handler(event, context) == {"batchItemFailures": [{"itemIdentifier": f"{1:021}"}]}
    assert len(world.s3.objects) == 1
    world.s3.failing = "date="
    assert len(module.handler(event, context)["batchItemFailures"]) == 3


def test_what_never_converts_is_set_aside_and_holds_nothing_up(world: World, context: Context) -> None:
    poison = change(1)
    poison["dynamodb"]["NewImage"]["timestamp"] = {"S": "yesterday"}
    event = {"Records": [poison, change(2)]}
    assert module.handler(event, context) == {"batchItemFailures": []}
    assert world.sqs.letters[0]["record"] == poison["dynamodb"]["NewImage"]
    assert len(world.lines()) == 1
    world.sqs.failure = refusal("SendMessageBatch", "AccessDenied")
    assert module.handler(event, context) == {"batchItemFailures": [{"itemIdentifier": f"{1:021}"}]}


def test_settings_make_the_function(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    module.archive.cache_clear()
    with pytest.raises(ValueError, match="BUCKET is not set; DEAD_LETTERS is not set"):
        module.archive()
    monkeypatch.setenv("BUCKET", "raw")
    monkeypatch.setenv("DEAD_LETTERS", "queue")
    assert module.archive().bucket == "raw"
    module.archive.cache_clear()
