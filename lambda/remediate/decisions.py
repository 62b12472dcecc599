"""Decisions as the state table keeps them: one per event, however often it is delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from remediate.actions import Call
from remediate.orders import Order
from shared.remediations import counted

PENDING = "pending"
KEPT_DAYS = 400
"""For a year's review."""
LONGEST_WHY = 1000
FACTS = ("model_version", "label", "level", "risk", "request_id")
Write = dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """A decision: its status, and the call it stands for."""

    status: str
    call: Call


@dataclass(frozen=True)
class Decisions:
    """`client` is a dynamodb client."""

    client: Any
    table: str

    def find(self, order: Order) -> Stored | None:
        answer = self.client.get_item(TableName=self.table, Key=_key(order), ConsistentRead=True)
        item = answer.get("Item")
        return Stored(item["status"]["S"], json.loads(item["call"]["S"])) if item else None

    def record(self, order: Order, status: str, now_s: float, *, why: str, call: Call | None = None) -> bool:
        """Puts the decision and, unless it is pending, counts it; False where the event has one."""
        facts = {name: str(order.detail.get(name))[:256] for name in FACTS}
        item = {
            **_key(order),
            "event": {"S": order.id},
            "model": {"S": order.model},
            "entity": {"S": order.entity},
            "action": {"S": order.action},
            "status": {"S": status},
            "why": {"S": why[:LONGEST_WHY]},
            "call": {"S": _text(call or {})},
            "facts": {"S": _text(facts)},
            "decided_at": {"N": str(int(now_s))},
            "expires_at": {"N": str(int(now_s) + KEPT_DAYS * 86_400)},
        }
        put = {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        return self._write({"Put": put}, order, status)

    def settle(self, order: Order, status: str, *, over: str, why: str) -> bool:
        """Turns status `over` into `status` and counts that; False where it is another by now."""
        changed = {"status": status, "why": why[:LONGEST_WHY]}
        return self._write(self._change(order, changed, where=("status", over)), order, status)

    def aim(self, order: Order, call: Call, *, over: Call) -> Call:
        """Keeps the aimed call; the one that counts is what another delivery may have kept first."""
        change = self._change(order, {"call": _text(call)}, where=("call", _text(over)))
        if self._write(change, order, PENDING):
            return call
        found = self.find(order)
        return found.call if found else call

    def _change(self, order: Order, changed: Mapping[str, str], where: tuple[str, str]) -> Write:
        name, held = where
        names = {f"#{each}": each for each in {*changed, name}}
        values = {f":{each}": {"S": value} for each, value in changed.items()}
        update = {
            "TableName": self.table,
            "Key": _key(order),
            "UpdateExpression": "SET " + ", ".join(f"#{each} = :{each}" for each in changed),
            "ConditionExpression": f"#{name} = :held",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**values, ":held": {"S": held}},
        }
        return {"Update": update}

    def _write(self, write: Write, order: Order, status: str) -> bool:
        """The write and its count, both or neither; False where the write's condition does not hold."""
        count = [] if status == PENDING else [{"Update": counted(self.table, order.model, status)}]
        try:
            self.client.transact_write_items(TransactItems=[write, *count])
        except ClientError as error:
            told: Any = error.response
            reasons = [reason.get("Code") for reason in told.get("CancellationReasons", ())]
            if reasons and reasons[0] == "ConditionalCheckFailed":
                return False
            raise
        return True


def _key(order: Order) -> dict[str, Any]:
    return {"pk": {"S": f"decision#{order.entity}"}, "sk": {"S": f"{order.time}#{order.id}"}}


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)
