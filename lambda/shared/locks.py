"""Who trains a model: one item of the state table per model, taken before its execution is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

HELD_S = 7 * 86_400
"""Longer than any run; DynamoDB deletes what is older."""


@dataclass(frozen=True)
class Lock:
    """The execution `name` of a model, with its input; `at` in seconds since 1970."""

    name: str
    input: dict[str, Any]
    at: int


@dataclass(frozen=True)
class Locks:
    """`client` is a dynamodb client."""

    client: Any
    table: str

    def read(self, model: str) -> Lock | None:
        answer = self.client.get_item(TableName=self.table, Key=_key(model), ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return None
        return Lock(item["execution"]["S"], json.loads(item["input"]["S"]), int(item["at"]["N"]))

    def take(self, model: str, lock: Lock, *, over: Lock | None) -> bool:
        """Puts `lock` in the place of `over`, or where none is; False where another caller came first."""
        item = {
            **_key(model),
            "execution": {"S": lock.name},
            "input": {"S": json.dumps(lock.input, sort_keys=True)},
            "at": {"N": str(lock.at)},
            "expires_at": {"N": str(lock.at + HELD_S)},
        }
        try:
            self.client.put_item(TableName=self.table, Item=item, **_while(over))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _key(model: str) -> dict[str, Any]:
    return {"pk": {"S": f"run#{model}"}, "sk": {"S": "lock"}}


def _while(held: Lock | None) -> dict[str, Any]:
    if held is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "#execution = :held",
        "ExpressionAttributeNames": {"#execution": "execution"},
        "ExpressionAttributeValues": {":held": {"S": held.name}},
    }
