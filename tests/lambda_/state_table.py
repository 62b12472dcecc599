"""The state table, held in memory: conditions decide as DynamoDB's do, one call at a time."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from tests.lambda_.fakes import Fake, refusal

Item = dict[str, Any]
TABLE = "state"


class StateTable(Fake):
    """`failures` are raised by the next calls, whichever they are, None by none. So many `lost_answers` as
    there are: a write fails after it stored, as where the network breaks and the client sends again."""

    service = "dynamodb"

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[tuple[str, str], Item] = {}
        self.failures: list[Exception | None] = []
        self.lost_answers = 0
        self.unprocessed = 0
        self.lock = threading.RLock()

    def find(self, pk: str, sk: str = "state") -> Item | None:
        return self.items.get((pk, sk))

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.calls]

    def BatchGetItem(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N802, N803 - AWS's names
        with self.lock:
            self._fail()
            ((table, wanted),) = RequestItems.items()
            keys = wanted["Keys"]
            assert table == TABLE
            assert wanted["ConsistentRead"]
            assert 1 <= len(keys) <= 100
            assert len({_place(key) for key in keys}) == len(keys), "BatchGetItem refuses duplicates"
            kept = keys[: max(1, len(keys) - self.unprocessed)] if self.unprocessed else keys
            self.unprocessed = 0
            found = [dict(self.items[_place(key)]) for key in kept if _place(key) in self.items]
            left = {"UnprocessedKeys": {table: {"Keys": keys[len(kept) :]}}} if keys[len(kept) :] else {}
            return {"Responses": {table: found}, **left}

    def GetItem(self, Key: Item, **_: Any) -> Any:  # noqa: N802, N803 - AWS's names
        with self.lock:
            self._fail()
            item = self.items.get(_place(Key))
            return {"Item": item} if item else {}

    def PutItem(self, Item: Item, **request: Any) -> Any:  # noqa: N802, N803 - AWS's names
        with self.lock:
            self._fail()
            if not self._may(Item, request):
                raise refusal("PutItem", "ConditionalCheckFailedException")
            self.items[_place(Item)] = Item
            if self.lost_answers:
                # The client's own second try meets what its first one stored.
                self.lost_answers -= 1
                raise refusal("PutItem", "ConditionalCheckFailedException")
            return {}

    def TransactWriteItems(self, TransactItems: list[Any]) -> Any:  # noqa: N802, N803 - AWS's names
        with self.lock:
            self._fail()
            puts = [each["Put"] for each in TransactItems]
            assert 1 <= len(puts) <= 100
            may = [self._may(put["Item"], put) for put in puts]
            if not all(may):
                reasons = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in may]
                told: Any = {
                    "Error": {"Code": "TransactionCanceledException"},
                    "CancellationReasons": reasons,
                }
                raise ClientError(told, "TransactWriteItems")
            self.items.update({_place(put["Item"]): put["Item"] for put in puts})
            return {}

    def DeleteItem(self, Key: Item, **_: Any) -> Any:  # noqa: N802, N803 - AWS's names
        with self.lock:
            self._fail()
            self.items.pop(_place(Key), None)
            return {}

    def UpdateItem(  # noqa: N802 - AWS's names
        self,
        Key: Item,  # noqa: N803
        UpdateExpression: str,  # noqa: N803
        ExpressionAttributeNames: Mapping[str, str],  # noqa: N803
        ExpressionAttributeValues: Item,  # noqa: N803
        **_: Any,
    ) -> Any:
        with self.lock:
            self._fail()
            item = self.items.setdefault(_place(Key), dict(Key))
            verb, _, rest = UpdateExpression.partition(" ")
            if verb == "SET":
                ((alias, value),) = re.findall(r"^(#\w+) = if_not_exists\(#\w+, (:\w+)\)$", rest)
                item.setdefault(ExpressionAttributeNames[alias], ExpressionAttributeValues[value])
                return {}
            assert verb == "ADD"
            for alias, value in (part.split() for part in rest.split(", ")):
                name, added = ExpressionAttributeNames[alias], ExpressionAttributeValues[value]["N"]
                item[name] = {"N": str(Decimal(item.get(name, {"N": "0"})["N"]) + Decimal(added))}
            return {}

    def _fail(self) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure

    def _may(self, item: Item, request: Mapping[str, Any]) -> bool:
        assert request["TableName"] == TABLE
        found = self.items.get(_place(item))
        values = request.get("ExpressionAttributeValues", {})
        either = request["ConditionExpression"].split(" OR ")
        return any(_holds(condition, found, values) for condition in either)


def _holds(condition: str, found: Item | None, values: Item) -> bool:
    if condition == "attribute_not_exists(pk)":
        return found is None
    ((name, operator, value),) = re.findall(r"^(\w+) (=|<=) (:\w+)$", condition)
    if found is None:
        return False
    held, wanted = Decimal(found[name]["N"]), Decimal(values[value]["N"])
    return held == wanted if operator == "=" else held <= wanted


def _place(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]
