"""Run as a process of its own with `lambda/` on its path: one window of so many rows, collected.

`wire` answers each request with EC2's XML in the network's place, so that botocore signs, sends and parses as
ever; `rows` begins where the source's rows are there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from catalog.datasets import gaps
from catalog.datasets.spot_price import SPOT_PRICE
from collect.asking import Ask, Clients, Page
from collect.collector import Collector
from collect.parts import Columns
from collect.progress import Ledger
from collect.settings import Settings
from collect.sources import spot_price
from collect.store import Store
from collect.windows import Calendar
from shared.items import Items

PAGE = 1000
WINDOW_S = SPOT_PRICE.window_s
NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC).timestamp()
OPTIONS = {"families": [], "products": ["Linux/UNIX"]}


class Table:
    """The state table of one item."""

    def __init__(self) -> None:
        self.item: dict[str, Any] = {}

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> Any:  # noqa: N803 - AWS's name
        return {"Responses": {name: [self.item] if self.item else [] for name in RequestItems}}

    def put_item(self, **put: Any) -> None:
        self.item = put["Item"]


class Bucket:
    """Counts what is written and keeps nothing."""

    def __init__(self) -> None:
        self.size = self.objects = 0

    def put_object(self, Body: bytes, **_: Any) -> None:  # noqa: N803 - AWS's name
        self.size += len(Body)
        self.objects += 1

    def delete_object(self, **_: Any) -> None:
        raise AssertionError("nothing is left over")


class Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.body


def times(number: int, start: datetime) -> Iterator[tuple[int, datetime]]:
    for row in range(PAGE):
        at = number * PAGE + row
        yield at, start + timedelta(seconds=at * 7919 % WINDOW_S)


def wire(pages: int, start: datetime) -> Any:
    """An EC2 client whose network answers page by page."""

    def send(request: Any, **_: Any) -> AWSResponse:
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        number = int(body.partition(b"NextToken=page-")[2].partition(b"&")[0] or 0)
        items = "".join(
            f"<item><instanceType>m{at % 9}.{at % 7}xlarge</instanceType>"
            "<productDescription>Linux/UNIX</productDescription>"
            f"<spotPrice>{0.01 + at % 997 / 1000:.6f}</spotPrice><timestamp>{when:%Y-%m-%dT%H:%M:%S}.000Z"
            f"</timestamp><availabilityZone>us-east-1{'abcdef'[at % 6]}</availabilityZone></item>"
            for at, when in times(number, start)
        )
        token = f"page-{number + 1}" if number + 1 < pages else ""
        answer = (
            '<DescribeSpotPriceHistoryResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>probe</requestId><spotPriceHistorySet>{items}</spotPriceHistorySet>"
            f"<nextToken>{token}</nextToken></DescribeSpotPriceHistoryResponse>"
        )
        raw: Any = Raw(answer.encode())
        headers: Any = {"Content-Type": "text/xml"}
        return AWSResponse(request.url, 200, headers, raw)

    client: Any = boto3.client("ec2")
    client.meta.events.register("before-send.*", send)
    return client


class Rows:
    """A source whose rows cost next to nothing."""

    def __init__(self, pages: int) -> None:
        self._pages = pages

    def read(self, clients: Clients, ask: Ask) -> Page:  # noqa: ARG002 a source's own parameters
        number = int(ask.token or 0)
        rows = [
            {
                "region": ask.region,
                "zone": f"us-east-1{'abcdef'[at % 6]}",
                "instance_type": f"m{at % 9}.{at % 7}xlarge",
                "product": "Linux/UNIX",
                "changed_at": when,
                "price": 0.01 + at % 997 / 1000,
                "carried": False,
            }
            for at, when in times(number, ask.start)
        ]
        return Page(rows, str(number + 1) if number + 1 < self._pages else "")


def main() -> None:
    kind, pages = sys.argv[1], int(sys.argv[2]) // PAGE
    calendar = Calendar(WINDOW_S, SPOT_PRICE.history_s, WINDOW_S, 0)
    start = datetime.fromtimestamp(calendar.first(NOW), UTC)
    client, bucket = wire(pages, start), Bucket()
    source: Any = spot_price if kind == "wire" else Rows(pages)
    settings = Settings(
        name=SPOT_PRICE.name,
        calendar=calendar,
        stale_after_s=SPOT_PRICE.stale_after_s,
        deniable=False,
        columns=_columns(SPOT_PRICE.columns),
        gap_columns=_columns(gaps.COLUMNS),
        options=OPTIONS,
    )
    collector = Collector(
        settings=settings,
        region="us-east-1",
        source=source,
        clients=lambda _: client,
        ledger=Ledger(Items(Table(), "state", lambda: NOW), "collect#probe", "probe"),
        store=Store(bucket, "raw", settings.name, "us-east-1", settings.gap_columns),
        bury=lambda _: None,
        remaining=lambda: 900.0,
        now=lambda: NOW,
    )
    begun = time.perf_counter()
    collector.run()
    seconds = time.perf_counter() - begun
    told = {"rows": collector.done.rows, "objects": bucket.objects, "mb": bucket.size / 1e6}
    print(json.dumps({**told, "seconds": seconds}))


def _columns(columns: Any) -> Columns:
    return Columns.of([(each.name, each.kind, each.required) for each in columns])


if __name__ == "__main__":
    main()
