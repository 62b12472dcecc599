"""What callers send to a trained model: counted in memory, stored now and then, added up by who watches.

Each process keeps one item a day and model, which it writes whole over what it wrote before: a write that
gets lost is made good by the next, and nobody writes to another's item.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Thread
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from catalog.contract import Contract, name_number
from catalog.histogram import Counts, Tally
from shared.telemetry import logger

EVERY_S, EVERY_RECORDS = 60, 1000
"""Seconds, and records: the first request after so many has all counts stored. A process that dies takes with
it what it counted since."""
SOONEST_S = 10
"""Between two writes, however many records: a day's items share one partition of the table, which takes some
hundred writes a second of all processes, and each is paid for by its size."""
MOST_OF_ONE = 50
"""So that counting takes a hundredth of a request's time, whether it holds one record or hundreds."""
MOST_ENTITIES = 500
"""That a process remembers of a day: enough to tell a fleet from a few."""
KEPT_DAYS = 35
MOST_BYTES = 300_000
"""Of an item's body; the table takes 400 KB."""
MOST_PAGES = 200
"""Of one megabyte, that are read of a day: 200 MB hold more than 20,000 processes."""
DAY_S = 86_400


class Counted(NamedTuple):
    """What all processes counted: by feature, of so many records, of so many entities at least."""

    counts: dict[str, Counts]
    records: int
    entities: int


def behind(work: Callable[[], None]) -> None:
    """Does the work beside the request; where Lambda freezes the process, it goes on with the next one."""
    Thread(target=work, daemon=True).start()


class Inputs:
    """Of one model, in this process. `client` makes a dynamodb client, `now` gives epoch seconds."""

    def __init__(
        self,
        client: Callable[[], Any],
        table: str,
        contract: Contract,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client, self._table, self._contract, self._now = client, table, contract, now
        self._own, self._stored_at = secrets.token_hex(8), float("-inf")
        self._begin(0)

    def count(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Counts flat records that keep the contract; of many in one request `MOST_OF_ONE`, evenly spread.
        Nothing here fails or delays the request."""
        try:
            now = self._now()
            if (day := int(now // DAY_S)) != self._day:
                self._store()
                self._begin(day)
            for record in records[:: -(-len(records) // MOST_OF_ONE) or 1]:
                self._tally.add(record)
                self._meet(record)
            if now >= self._stored_at + self._wait_s():
                self._stored_at, self._stored = now, self._tally.records
                self._store()
        except Exception:  # whatever goes wrong with a count, its prediction is made
            logger.exception("inputs not counted")

    def _begin(self, day: int) -> None:
        self._day, self._tally = day, Tally(self._contract)
        self._entities: set[int] = set()
        self._stored_at, self._stored = float("-inf"), 0

    def _meet(self, record: Mapping[str, Any]) -> None:
        entity = record.get(self._contract.record.entity)
        if entity is not None and len(self._entities) < MOST_ENTITIES:
            self._entities.add(int(name_number(str(entity))))

    def _wait_s(self) -> float:
        return SOONEST_S if self._tally.records >= self._stored + EVERY_RECORDS else EVERY_S

    def _store(self) -> None:
        if not self._tally.records:
            return
        body = packed(self._tally.counts)
        if len(body) > MOST_BYTES:
            logger.warning("inputs not stored", extra={"bytes": len(body)})
            return
        item = {
            "pk": {"S": key(self._contract.name, _date(self._day))},
            "sk": {"S": self._own},
            "contract": {"S": self._contract.hash},
            "records": {"N": str(self._tally.records)},
            "body": {"B": body},
            "entities": {"S": json.dumps(sorted(self._entities), separators=(",", ":"))},
            "expires_at": {"N": str((self._day + KEPT_DAYS) * DAY_S)},
        }
        client = self._client()
        behind(lambda: self._put(client, item))

    def _put(self, client: Any, item: Mapping[str, Any]) -> None:
        """A write that overtakes a later one loses a minute's counts until the next."""
        try:
            client.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError, HTTPError, OSError) as error:
            told = {"model": self._contract.name, "error": type(error).__name__}
            logger.warning("inputs not stored", extra=told)


def key(model: str, date: str) -> str:
    return f"drift#{model}#{date}"


def packed(counts: Mapping[str, Counts]) -> bytes:
    return zlib.compress(json.dumps(counts, separators=(",", ":")).encode(), 1)


def read(client: Any, table: str, model: str, contract_hash: str, dates: Iterable[str]) -> Counted:
    """Of these days (UTC); raises the client's errors. Counts of another contract are left out."""
    merged: dict[str, Counts] = {}
    entities: set[int] = set()
    records = 0
    for item in (item for date in dates for item in _items(client, table, key(model, date))):
        if item["contract"]["S"] != contract_hash:
            continue
        records += int(item["records"]["N"])
        entities.update(json.loads(item["entities"]["S"]))
        for name, counts in json.loads(zlib.decompress(item["body"]["B"])).items():
            held = merged.setdefault(name, {})
            for code, count in counts.items():
                held[int(code)] = held.get(int(code), 0) + count
    return Counted(merged, records, len(entities))


def _items(client: Any, table: str, pk: str) -> Iterator[Mapping[str, Any]]:
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": pk}},
    }
    for _ in range(MOST_PAGES):
        page = client.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    logger.warning("inputs of a day left out", extra={"key": pk})


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()
