"""Collects one data set of one region: `{"region": "eu-west-1"}`, sent by its schedule."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any, NamedTuple, cast

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from collect.asking import Clients, Source
from collect.collector import Collector, Done
from collect.parts import Row
from collect.progress import Ledger, Progress
from collect.settings import Settings, settings
from collect.store import Store
from collect.windows import moment
from shared.clients import bounded
from shared.dead_letters import DeadLetters
from shared.environment import Environment
from shared.items import Items
from shared.telemetry import count, logger, tracer

MOST_BURIED = 100
"""Rows of one page that are set aside whole; more are counted."""


class Parts(NamedTuple):
    """What every run of the function shares."""

    settings: Settings
    source: Source
    bucket: str
    table: str
    letters: DeadLetters
    s3: Any
    dynamodb: Any


@cache
def parts() -> Parts:
    environment = Environment()
    found = settings(environment)
    bucket, table = environment.text("BUCKET"), environment.text("STATE_TABLE")
    queue = environment.text("DEAD_LETTERS")
    environment.done()
    known = cast(Settings, found)  # done raises where it is None
    source = cast(Source, importlib.import_module(f"collect.sources.{known.name}"))
    storage, quick = boto3.client("s3", config=bounded(read_timeout_s=30)), bounded()
    letters = DeadLetters(boto3.client("sqs", config=quick), queue)
    return Parts(known, source, bucket, table, letters, storage, boto3.client("dynamodb", config=quick))


@cache
def reader(service: str, region: str) -> Any:
    """Retries of a throttled call are botocore's: jittered, and bounded by its quota of them."""
    retries: Any = {"total_max_attempts": 4, "mode": "standard"}
    config = Config(connect_timeout=3, read_timeout=20, retries=retries)
    made = cast(Any, boto3).client(service, region_name=region, config=config)
    made.meta.events.register("after-call.*", _count_retries)
    return made


_retried: list[int] = []


def _count_retries(parsed: dict[str, Any], **_: Any) -> None:
    _retried.append(parsed.get("ResponseMetadata", {}).get("RetryAttempts", 0))


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers what the run did, and what is open."""
    _retried.clear()
    region = str(event["region"])
    collector = assemble(parts(), region, context, lambda service: reader(service, region))
    progress = collector.run()
    told = told_of(collector, progress)
    logger.info("collected", extra=told)
    if progress is not None:
        measured = {"Retries": sum(_retried), **metrics(collector, progress)}
        count(measured, dimensions={"Dataset": collector.settings.name, "Region": region})
    return told


def assemble(given: Parts, region: str, context: LambdaContext, clients: Clients) -> Collector:
    name = given.settings.name
    ledger = Ledger(Items(given.dynamodb, given.table), f"collect#{name}#{region}", context.aws_request_id)
    return Collector(
        settings=given.settings,
        region=region,
        source=given.source,
        clients=clients,
        ledger=ledger,
        store=Store(given.s3, given.bucket, name, region, given.settings.gap_columns),
        bury=_burying(given.letters, name, region),
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    )


def told_of(collector: Collector, progress: Progress | None) -> dict[str, Any]:
    told = {"dataset": collector.settings.name, "region": collector.region, **asdict(collector.done)}
    if progress is None:
        return told
    newest = moment(progress.newest).isoformat() if progress.newest else None
    return {**told, "newest": newest, "gaps": len(progress.gaps), "caught_up": progress.caught_up}


def metrics(collector: Collector, progress: Progress) -> dict[str, float]:
    done = collector.done
    return {
        "Rows": done.rows,
        "Throttled": done.throttled,
        "Misfits": done.misfits,
        "OpenGaps": len(progress.gaps),
        "LostWindows": done.lost,
        "Fresh": int(is_fresh(collector.settings, progress, done, collector.now())),
    }


def is_fresh(known: Settings, progress: Progress, done: Done, now: float) -> bool:
    """Whether the data is as new as its schedule makes it; on the way through the past, whether it moves."""
    if now - progress.newest <= known.stale_after_s:
        return True
    return (not progress.caught_up and done.parts > 0) or (known.deniable and bool(progress.gaps))


def _burying(letters: DeadLetters, name: str, region: str) -> Callable[[list[Row]], None]:
    def bury(rows: list[Row]) -> None:
        logger.error("set aside", extra={"rows": len(rows)})
        told = [json.loads(json.dumps(row, default=str)) for row in rows[:MOST_BURIED]]
        letters.send([{"dataset": name, "region": region, "row": row} for row in told])

    return bury
