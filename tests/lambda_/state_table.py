"""The state table, held in memory: conditions decide as DynamoDB's do, one call at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.lambda_.expressions import Item, change, holds
from tests.lambda_.fakes import Fake, refusal

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

    def __getattr__(self, name: str) -> Callable[..., Any]:
        send = super().__getattr__(name)

        def call(**request: Any) -> Any:
            with self.lock:
                return send(**request)

        return call

    def find(self, pk: str, sk: str = "state") -> Item | None:
        return self.items.get((pk, sk))

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.calls]

    def BatchGetItem(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N802, N803 - AWS's names
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

    def Query(self, ExpressionAttributeValues: Item, **query: Any) -> Any:  # noqa: N802, N803
        """Items of one key, sorted; a sort key may be bounded `BETWEEN :from AND :to`."""
        self._fail()
        values = {name: each["S"] for name, each in ExpressionAttributeValues.items()}
        low, high = values.get(":from", ""), values.get(":to", "\U0010ffff")
        assert query["KeyConditionExpression"] in ("pk = :pk", "pk = :pk AND sk BETWEEN :from AND :to")
        with self.lock:
            keys = [key for key in sorted(self.items) if key[0] == values[":pk"] and low <= key[1] <= high]
            return {"Items": [dict(self.items[key]) for key in keys]}

    def GetItem(self, Key: Item, **_: Any) -> Any:  # noqa: N802, N803 - AWS's names
        self._fail()
        item = self.items.get(_place(Key))
        return {"Item": dict(item)} if item else {}

    def PutItem(self, **put: Any) -> Any:  # noqa: N802 - AWS's names
        self._fail()
        self._write("PutItem", "Put", put)
        if self.lost_answers:
            # The client's own second try meets what its first one stored.
            self.lost_answers -= 1
            raise refusal("PutItem", "ConditionalCheckFailedException")
        return {}

    def UpdateItem(self, **update: Any) -> Any:  # noqa: N802 - AWS's names
        self._fail()
        self._write("UpdateItem", "Update", update)
        return {}

    def DeleteItem(self, Key: Item, **_: Any) -> Any:  # noqa: N802, N803 - AWS's names
        self._fail()
        self.items.pop(_place(Key), None)
        return {}

    def TransactWriteItems(self, TransactItems: list[Any], **_: Any) -> Any:  # noqa: N802, N803
        self._fail()
        assert 1 <= len(TransactItems) <= 100
        writes = [next(iter(each.items())) for each in TransactItems]
        may = [self._may(write) for _, write in writes]
        if not all(may):
            reasons = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in may]
            told: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(told, "TransactWriteItems")
        for kind, write in writes:
            self._write("TransactWriteItems", kind, write)
        return {}

    def _fail(self) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure

    def _may(self, write: Mapping[str, Any]) -> bool:
        assert write["TableName"] == TABLE
        return holds(write, self.items.get(_place(write.get("Item") or write["Key"]), {}))

    def _write(self, operation: str, kind: str, write: Mapping[str, Any]) -> None:
        if not self._may(write):
            raise refusal(operation, "ConditionalCheckFailedException")
        if kind == "Put":
            self.items[_place(write["Item"])] = dict(write["Item"])
        else:
            change(write, self.items.setdefault(_place(write["Key"]), dict(write["Key"])))


def _place(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]
