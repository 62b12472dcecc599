"""Versioned, compressed items of the state table: read many at once, stored together or not at all."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

AT_ONCE = 100
"""Items that BatchGetItem reads, and TransactWriteItems writes, at once."""
ROUNDS = 5
"""Calls in which a read of that many items must come to its end."""
SORT_KEY = "state"
LOST = ("ConditionalCheckFailed", "TransactionConflict")
"""How a write tells that another one came first."""


class Unreachable(Exception):
    """The table could not be read or written; `str()` is the error's name."""


@dataclass(frozen=True)
class Item:
    """What is stored: version 0 where nothing is, no body where nothing is or it has expired."""

    version: int = 0
    body: bytes | None = None
    writer: str = ""


@dataclass(frozen=True)
class Items:
    """A DynamoDB table with keys `pk`, `sk` and the TTL attribute `expires_at`; `now` gives epoch seconds."""

    client: Any
    table: str
    now: Callable[[], float] = time.time

    def read(self, keys: Sequence[str]) -> dict[str, Item]:
        """The item of each of up to `AT_ONCE` keys, read consistently; raises Unreachable."""
        wanted = [{"pk": {"S": key}, "sk": {"S": SORT_KEY}} for key in keys]
        found = dict.fromkeys(keys, Item())
        for _ in range(ROUNDS):
            answer = self._ask({self.table: {"Keys": wanted, "ConsistentRead": True}})
            for item in answer["Responses"].get(self.table, ()):
                found[item["pk"]["S"]] = self._item(item)
            wanted = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
            if not wanted:
                return found
        raise Unreachable("UnprocessedKeys")

    def put(self, key: str, body: bytes, ttl_s: int, *, over: int, writer: str) -> dict[str, Any]:
        """The request that stores `body` where `over` is the version stored."""
        item = {
            "pk": {"S": key},
            "sk": {"S": SORT_KEY},
            "version": {"N": str(over + 1)},
            "body": {"B": zlib.compress(body, 1)},
            "writer": {"S": writer},
            "expires_at": {"N": str(int(self.now()) + ttl_s)},
        }
        if not over:
            return {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        return {
            "TableName": self.table,
            "Item": item,
            "ConditionExpression": "version = :over",
            "ExpressionAttributeValues": {":over": {"N": str(over)}},
        }

    def write(self, puts: Sequence[Mapping[str, Any]]) -> bool:
        """Stores up to `AT_ONCE` items or none of them; False where another call changed one first."""
        try:
            if len(puts) == 1:
                self.client.put_item(**puts[0])
            else:
                self.client.transact_write_items(TransactItems=[{"Put": put} for put in puts])
        except ClientError as error:
            if _lost(error):
                return False
            raise Unreachable(error.response["Error"]["Code"]) from error
        except (BotoCoreError, HTTPError, OSError) as error:
            raise Unreachable(type(error).__name__) from error
        return True

    def _item(self, item: Mapping[str, Any]) -> Item:
        """DynamoDB deletes an expired item days late; it counts as gone at once."""
        version, writer = int(item["version"]["N"]), item["writer"]["S"]
        if int(item["expires_at"]["N"]) <= self.now():
            return Item(version, None, writer)
        return Item(version, zlib.decompress(item["body"]["B"]), writer)

    def _ask(self, wanted: Mapping[str, Any]) -> Any:
        try:
            return self.client.batch_get_item(RequestItems=wanted)
        except ClientError as error:
            raise Unreachable(error.response["Error"]["Code"]) from error
        except (BotoCoreError, HTTPError, OSError) as error:
            raise Unreachable(type(error).__name__) from error


def _lost(error: ClientError) -> bool:
    """Whether every reason for which the write was refused is another call's write."""
    response: Mapping[str, Any] = error.response
    reasons = [reason.get("Code", "None") for reason in response.get("CancellationReasons", ())]
    told = [reason for reason in reasons if reason != "None"] or [response["Error"]["Code"]]
    return all(each.startswith(LOST) for each in told)
