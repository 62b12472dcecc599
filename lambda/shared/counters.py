"""Counts and latencies of every model, exact across functions that run at once.

They are atomic adds in the state table. A model's counts lie in `SHARDS` items of keys of
their own, so that what one key can take does not bound a model; totals add them up.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from shared.items import AT_ONCE
from shared.telemetry import logger

COUNTS = ("predictions", "anomalies", "remediations", "errors")
BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
BUCKETS = (*(f"le_{bound}" for bound in BOUNDS_MS), "le_inf")
"""An item's buckets each hold what lies between two bounds; `Totals.cumulative` adds them up."""
LATENCY = ("latency_ms_sum", "latency_count")
SHARDS = 8
STARTED = {"pk": {"S": "counter#started"}, "sk": {"S": "-"}}


@dataclass(frozen=True)
class Totals:
    """One model's counts since the table was made, by name; 0 for what was never counted."""

    values: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        return self.values.get(name, 0)

    def cumulative(self) -> list[tuple[float, int]]:
        """(bound in ms, calls no slower), rising; the last bound is infinite."""
        calls = accumulate(int(self[name]) for name in BUCKETS)
        return list(zip((*map(float, BOUNDS_MS), float("inf")), calls, strict=True))


class Counters:
    """`client` is a dynamodb client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table
        self._start_told = False

    def add(self, model: str, counts: Mapping[str, int], latency_ms: float) -> None:
        """Counts one request. One that cannot be counted is logged: nobody's answer waits for a count."""
        bucket = BUCKETS[bisect_left(BOUNDS_MS, latency_ms)]
        added = {**counts, "latency_ms_sum": round(latency_ms, 3), "latency_count": 1, bucket: 1}
        added = {name: value for name, value in added.items() if value}
        names = {f"#{n}": name for n, name in enumerate(added)}
        try:
            self._note_start()
            self._client.update_item(
                TableName=self._table,
                Key=_key(model, secrets.randbelow(SHARDS)),
                UpdateExpression="ADD " + ", ".join(f"#{n} :{n}" for n in range(len(added))),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={
                    f":{n}": {"N": str(value)} for n, value in enumerate(added.values())
                },
            )
        except (ClientError, BotoCoreError, HTTPError, OSError) as error:
            logger.warning("not counted", extra={"model": model, "error": type(error).__name__})

    def read(self, models: Iterable[str]) -> dict[str, Totals]:
        """Each model's totals; raises the client's own errors."""
        models = list(models)
        sums: dict[str, dict[str, float]] = {model: {} for model in models}
        keys = [_key(model, shard) for model in models for shard in range(SHARDS)]
        for item in self._items(keys):
            values = sums[item["pk"]["S"].split("#")[1]]
            for name in (*COUNTS, *LATENCY, *BUCKETS):
                if name in item:
                    values[name] = values.get(name, 0) + float(item[name]["N"])
        return {model: Totals(values) for model, values in sums.items()}

    def started(self) -> datetime | None:
        """When the first request ever was counted, None before it; raises the client's own errors."""
        answer = self._client.get_item(TableName=self._table, Key=STARTED, ConsistentRead=True)
        return datetime.fromisoformat(answer["Item"]["at"]["S"]) if "Item" in answer else None

    def _note_start(self) -> None:
        """Once per process."""
        if self._start_told:
            return
        self._client.update_item(
            TableName=self._table,
            Key=STARTED,
            UpdateExpression="SET #at = if_not_exists(#at, :now)",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":now": {"S": datetime.now(UTC).isoformat(timespec="milliseconds")}},
        )
        self._start_told = True

    def _items(self, keys: list[dict[str, Any]]) -> Iterable[Mapping[str, Any]]:
        while keys:
            wanted = {self._table: {"Keys": keys[:AT_ONCE], "ConsistentRead": True}}
            answer = self._client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(self._table, ())
            left = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            keys = left + keys[AT_ONCE:]


def _key(model: str, shard: int) -> dict[str, Any]:
    return {"pk": {"S": f"counter#{model}#{shard}"}, "sk": {"S": "-"}}
