"""A collector's surroundings, held in memory: a source of pages, a bucket, and services that disturb."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from catalog.dataset import DAY, HOUR, Column, Dataset
from catalog.datasets import gaps
from collect.asking import Ask, Clients, Page
from collect.collector import Collector
from collect.parts import Columns, Row
from collect.progress import Ledger
from collect.settings import Settings
from collect.store import Store
from collect.windows import Calendar
from shared.items import Items
from tests.lambda_.fakes import Fake
from tests.lambda_.state_table import TABLE, StateTable

BUCKET, REGION = "raw", "eu-west-1"
NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC).timestamp()

TOY = Dataset(
    name="toy",
    title="Toy",
    calls=(),
    columns=(
        Column(name="at", kind="timestamp", required=True, description="When"),
        Column(name="number", kind="bigint", required=True, description="Which"),
        Column(name="note", kind="string", description="What"),
    ),
    schedule_s=HOUR,
    window_s=6 * HOUR,
    history_s=90 * DAY,
    look_back_s=DAY,
    settle_s=900,
)


def known(dataset: Dataset = TOY, **options: Any) -> Settings:
    calendar = Calendar(dataset.window_s, dataset.history_s, dataset.look_back_s, dataset.settle_s)
    return Settings(
        name=dataset.name,
        calendar=calendar,
        stale_after_s=dataset.stale_after_s,
        deniable=dataset.deniable,
        columns=Columns.of([(each.name, each.kind, each.required) for each in dataset.columns]),
        gap_columns=Columns.of([(each.name, each.kind, each.required) for each in gaps.COLUMNS]),
        options=options,
    )


class Bucket(Fake):
    service = "s3"

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def PutObject(self, Key: str, Body: bytes, **_: Any) -> Any:  # noqa: N802, N803 - AWS's names
        self.objects[Key] = Body
        return {}

    def DeleteObject(self, Key: str, **_: Any) -> Any:  # noqa: N802, N803 - AWS's names
        self.objects.pop(Key, None)
        return {}

    def data(self) -> dict[str, bytes]:
        return {key: body for key, body in self.objects.items() if not key.startswith("collection_gaps/")}

    def gaps(self) -> list[dict[str, Any]]:
        found = [body for key, body in sorted(self.objects.items()) if key not in self.data()]
        return [row for body in found for row in rows(body)]


def rows(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(body)).to_pylist()
    return found


class Killed(BaseException):
    """The function is ended in the middle of whatever it did."""


def error(code: str, status: int = 400) -> ClientError:
    told: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "Read")


@dataclass
class Pages:
    """Serves `sizes(window)` pages of so many rows; `trouble` is asked before each and may raise."""

    sizes: Callable[[Ask], Sequence[int]]
    trouble: Callable[[Ask], None] = lambda _: None
    asked: list[Ask] = field(default_factory=list)

    def read(self, clients: Clients, ask: Ask) -> Page:
        self.asked.append(ask)
        self.trouble(ask)
        sizes, number = self.sizes(ask), int(ask.token or 0)
        begin = sum(sizes[:number])
        found: list[Row] = [
            {"at": ask.start, "number": begin + n, "note": None if n % 2 else f"row {n}"}
            for n in range(sizes[number])
        ]
        return Page(found, str(number + 1) if number + 1 < len(sizes) else "")


@dataclass
class World:
    """One bucket and one table over any number of runs; `now` moves by what the runs wait."""

    source: Pages
    dataset: Dataset = TOY
    now: float = NOW
    bucket: Bucket = field(default_factory=Bucket)
    table: StateTable = field(default_factory=StateTable)
    buried: list[Row] = field(default_factory=list)
    runs: int = 0

    def collector(self, remaining: Callable[[], float] = lambda: 900.0) -> Collector:
        self.runs += 1
        settings = known(self.dataset)
        items = Items(self.table, TABLE, lambda: self.now)
        return Collector(
            settings=settings,
            region=REGION,
            source=self.source,
            clients=lambda _: None,
            ledger=Ledger(items, f"collect#toy#{REGION}", f"run-{self.runs}"),
            store=Store(self.bucket, BUCKET, settings.name, REGION, settings.gap_columns),
            bury=self.buried.extend,
            remaining=remaining,
            now=lambda: self.now,
            wait=self._pass,
        )

    def _pass(self, seconds: float) -> None:
        self.now += seconds
