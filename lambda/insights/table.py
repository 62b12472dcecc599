"""Batch writes that outlast a throttled table, within a budget of time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from insights.items import Item
from shared.telemetry import logger

AT_ONCE = 25
"""Items that BatchWriteItem takes."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 2.0
TRANSIENT = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "ServiceUnavailable",
)


@dataclass(frozen=True)
class Table:
    """`client` is a dynamodb client; `clock` tells seconds, `sleep` waits them, `jitter` is in [0, 1)."""

    client: Any
    name: str
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def write(self, items: Sequence[Item], deadline: float) -> list[Item]:
        """Writes until `deadline` on the clock; returns what could not be written."""
        left: list[Item] = []
        for start in range(0, len(items), AT_ONCE):
            left += self._write_some(list(items[start : start + AT_ONCE]), deadline)
        return left

    def _write_some(self, items: list[Item], deadline: float) -> list[Item]:
        wait = FIRST_WAIT_S
        while items and self.clock() < deadline:
            items, again = self._attempt(items)
            if not items or not again:
                break
            self.sleep(min(wait * self.jitter(), max(0.0, deadline - self.clock())))
            wait = min(2 * wait, LONGEST_WAIT_S)
        return items

    def _attempt(self, items: list[Item]) -> tuple[list[Item], bool]:
        """What is left unwritten, and whether trying again may help."""
        requests = [{"PutRequest": {"Item": item}} for item in items]
        try:
            answer = self.client.batch_write_item(RequestItems={self.name: requests})
        except ClientError as error:
            code = error.response["Error"]["Code"]
            logger.warning("batch not written", extra={"error": code})
            return items, code in TRANSIENT
        except BotoCoreError as error:
            logger.warning("batch not written", extra={"error": type(error).__name__})
            return items, True
        left = answer.get("UnprocessedItems", {}).get(self.name, [])
        return [request["PutRequest"]["Item"] for request in left], True
