"""What was noted of a model as it happened: drift of its inputs, and decisions to train it anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.timeline import PAGES, Entry, Part, Window, newest
from shared import past
from shared.served import Served

MILLISECOND = timedelta(milliseconds=1)
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Noted:
    """Items of the state table below `history#<model>`, by their time; `client` is a dynamodb client."""

    client: Any
    table: str

    def entries(self, model: Served, window: Window) -> Part:
        rows, until = newest(self._found(model, window), _at, window)
        return Part([_entry(row) for row in rows], until)

    def _found(self, model: Served, window: Window) -> Iterator[Item]:
        start: dict[str, Any] = {}
        for _ in range(PAGES):
            answer = self.client.query(
                TableName=self.table,
                KeyConditionExpression="pk = :pk AND sk < :before",
                ExpressionAttributeValues={
                    ":pk": {"S": past.key(model.name)},
                    ":before": {"S": _bound(window.before)},
                },
                ScanIndexForward=False,
                Limit=window.limit + 1,
                **start,
            )
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _bound(before: datetime) -> str:
    """The sort keys of all that is earlier come before it; they tell milliseconds."""
    return past.stamp(before + MILLISECOND)


def _entry(item: Item) -> Entry:
    return Entry(_at(item), item["kind"]["S"], lambda: dict(json.loads(item["detail"]["S"])))


def _at(item: Item) -> datetime:
    return datetime.fromisoformat(item["at"]["S"])
