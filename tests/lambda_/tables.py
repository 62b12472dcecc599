"""A DynamoDB table in memory: one call at a time, conditions and atomic adds as the functions use them."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.lambda_.fakes import Fake, refusal

Item = dict[str, Any]
CONDITION = re.compile(r"(?:attribute_not_exists\((?P<absent>\S+)\)|(?P<left>\S+) = (?P<right>:\S+))")
CHANGE = re.compile(r"(?P<name>#?\w+) (?:= )?(?:(?P<keep>if_not_exists)\(\S+ )?(?P<value>:\w+)\)?")


class Dynamo(Fake):
    """Items by (pk, sk)."""

    service = "dynamodb"

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[tuple[str, str], Item] = {}
        self.lock = threading.RLock()

    def GetItem(self, Key: Item, **_: Any) -> Any:  # noqa: N802, N803 - AWS's names
        found = self.items.get(_key(Key))
        return {"Item": dict(found)} if found else {}

    def BatchGetItem(self, RequestItems: Mapping[str, Any]) -> Any:  # noqa: N802, N803 - AWS's names
        [(table, wanted)] = RequestItems.items()
        found = [dict(self.items[_key(key)]) for key in wanted["Keys"] if _key(key) in self.items]
        return {"Responses": {table: found}}

    def PutItem(self, **put: Any) -> Any:  # noqa: N802 - AWS's names
        with self.lock:
            if not self._holds(put, put["Item"]):
                raise refusal("PutItem", "ConditionalCheckFailedException")
            self.items[_key(put["Item"])] = dict(put["Item"])
        return {}

    def UpdateItem(self, **update: Any) -> Any:  # noqa: N802 - AWS's names
        with self.lock:
            if not self._holds(update, update["Key"]):
                raise refusal("UpdateItem", "ConditionalCheckFailedException")
            self._update(update)
        return {}

    def TransactWriteItems(self, TransactItems: list[Any], **_: Any) -> Any:  # noqa: N802, N803
        with self.lock:
            writes = [next(iter(each.items())) for each in TransactItems]
            good = [self._holds(write, write.get("Item") or write["Key"]) for _, write in writes]
            if not all(good):
                raise _cancelled(good)
            for kind, write in writes:
                if kind == "Put":
                    self.items[_key(write["Item"])] = dict(write["Item"])
                else:
                    self._update(write)
        return {}

    def _holds(self, write: Mapping[str, Any], key: Item) -> bool:
        condition = write.get("ConditionExpression")
        if condition is None:
            return True
        found = CONDITION.fullmatch(condition)
        assert found, condition
        item, names = self.items.get(_key(key), {}), write.get("ExpressionAttributeNames", {})
        if absent := found["absent"]:
            return names.get(absent, absent) not in item
        return bool(
            item.get(names.get(found["left"], found["left"]))
            == write["ExpressionAttributeValues"][found["right"]]
        )

    def _update(self, write: Mapping[str, Any]) -> None:
        item = self.items.setdefault(_key(write["Key"]), dict(write["Key"]))
        names, values = write.get("ExpressionAttributeNames", {}), write["ExpressionAttributeValues"]
        verb, _, changes = write["UpdateExpression"].partition(" ")
        for change in CHANGE.finditer(changes):
            name = names.get(change["name"], change["name"])
            value = values[change["value"]]
            if verb == "ADD":
                total = float(item.get(name, {"N": "0"})["N"]) + float(value["N"])
                item[name] = {"N": f"{total:.12g}"}
            elif not change["keep"] or name not in item:
                item[name] = value


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _cancelled(good: list[bool]) -> ClientError:
    error = refusal("TransactWriteItems", "TransactionCanceledException")
    told: Any = error.response
    told["CancellationReasons"] = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in good]
    return error
