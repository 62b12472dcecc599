"""Tells the event bus of a high risk, once per entity and cool-down."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from catalog.contract import parse_time
from shared.remediations import AHEAD_S, DETAIL_TYPE, OLDEST_S, SOURCE
from shared.telemetry import logger

AT_ONCE = 10
"""Events that PutEvents takes."""
MOST = 100
"""Entities that one request tells of; the others are told by their next prediction."""
FAILURES = (ClientError, BotoCoreError, HTTPError, OSError)


@dataclass
class Events:
    """`table` makes the dynamodb client and `bus` the events client; `now` gives epoch seconds.

    Nothing here fails a request: what cannot be told now is told by the next prediction above the threshold.
    """

    table: Callable[[], Any]
    bus: Callable[[], Any]
    state_table: str
    event_bus: str
    cooldown_s: int
    now: Callable[[], float] = time.time
    _cooling: dict[str, float] = field(default_factory=dict)
    """What this process has told, so that a busy entity does not ask the table with each call."""

    def tell(self, details: Sequence[Mapping[str, Any]]) -> int:
        """How many of the events, one per entity, were told."""
        now = self.now()
        details = [each for each in details if _is_current(str(each["time"]), now)]
        self._cooling = {key: until for key, until in self._cooling.items() if until > now}
        fresh = [each for each in details if _key(each) not in self._cooling][:MOST]
        taken = [each for each in fresh if self._take(_key(each), now)]
        told = 0
        for start in range(0, len(taken), AT_ONCE):
            told += self._send(taken[start : start + AT_ONCE])
        return told

    def _take(self, key: str, now: float) -> bool:
        """Whether the cool-down was not running and runs from now on."""
        until = int(now) + self.cooldown_s
        try:
            self.table().put_item(
                TableName=self.state_table,
                Item={**_place(key), "expires_at": {"N": str(until)}},
                ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now",
                ExpressionAttributeValues={":now": {"N": str(int(now))}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                logger.warning("cool-down not stored", extra={"error": error.response["Error"]["Code"]})
            return False
        except (BotoCoreError, HTTPError, OSError) as error:
            logger.warning("cool-down not stored", extra={"error": type(error).__name__})
            return False
        self._cooling[key] = until
        return True

    def _send(self, details: Sequence[Mapping[str, Any]]) -> int:
        entries = [
            {
                "Source": SOURCE,
                "DetailType": DETAIL_TYPE,
                "Detail": json.dumps(each),
                "EventBusName": self.event_bus,
            }
            for each in details
        ]
        try:
            results = self.bus().put_events(Entries=entries)["Entries"]
        except FAILURES as error:
            logger.warning("events not sent", extra={"error": type(error).__name__})
            results = [{"ErrorCode": "not sent"}] * len(details)
        failed = [each for each, result in zip(details, results, strict=True) if result.get("ErrorCode")]
        for each in failed:
            self._release(_key(each))
        return len(details) - len(failed)

    def _release(self, key: str) -> None:
        self._cooling.pop(key, None)
        try:
            self.table().delete_item(TableName=self.state_table, Key=_place(key))
        except FAILURES as error:
            logger.warning("cool-down left behind", extra={"error": type(error).__name__})


def _key(detail: Mapping[str, Any]) -> str:
    return f"cooldown#{detail['model']}#{detail['entity']}"


def _place(key: str) -> dict[str, Any]:
    return {"pk": {"S": key}, "sk": {"S": "-"}}


def _is_current(time: str, now: float) -> bool:
    """Whether the record speaks of the present: a backfilled one must not silence what comes alive."""
    when = parse_time(time)
    return when is not None and -AHEAD_S <= now - when.timestamp() <= OLDEST_S
