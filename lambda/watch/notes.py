"""What was decided of a model, once a day: items of its history in the state table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from shared import past
from watch.decide import CAP_DAYS, SCHEDULE

KEPT_S = 400 * 86_400
STARTED, SKIPPED = "started", "skipped"
RETRAINING = "retraining"


@dataclass(frozen=True)
class Notes:
    """`client` is a dynamodb client."""

    client: Any
    table: str

    def of(self, model: str, run: str) -> dict[str, Any] | None:
        """The day's decision, where one was made; `run` is the execution that it is about."""
        key = _decided(model, run)
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return dict(json.loads(item["detail"]["S"])) if item else None

    def write(
        self,
        model: str,
        run: str,
        at: datetime,
        decision: Mapping[str, Any],
        drift: Mapping[str, Any] | None,
    ) -> bool:
        """All or nothing; False where it was not written, as where another watcher came first."""
        expires = {"expires_at": {"N": str(int(at.timestamp()) + KEPT_S)}}
        detail = {"detail": {"S": json.dumps(decision, sort_keys=True)}}
        day = {**_decided(model, run), **detail, **expires}
        once = {
            "Put": {
                "TableName": self.table,
                "Item": day,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        noted = {RETRAINING: decision, **({"drift": drift} if drift else {})}
        puts = [
            {"Put": {"TableName": self.table, "Item": {**_note(model, at, kind, told), **expires}}}
            for kind, told in noted.items()
        ]
        try:
            self.client.transact_write_items(TransactItems=[once, *puts])
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            return False
        return True

    def starts(self, model: str, now: datetime) -> int:
        """Trainings started by drift or staleness within the cap's days."""
        since = now - timedelta(days=CAP_DAYS)
        request = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :from AND :to",
            "ExpressionAttributeValues": {
                ":pk": {"S": past.key(model)},
                ":from": {"S": past.stamp(since)},
                ":to": {"S": f"{past.stamp(now)}#~"},
            },
        }
        found = 0
        while True:
            page = self.client.query(**request)
            found += sum(_is_start(item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _decided(model: str, run: str) -> dict[str, Any]:
    return {"pk": {"S": f"watch#{model}"}, "sk": {"S": run}}


def _note(model: str, at: datetime, kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "pk": {"S": past.key(model)},
        "sk": {"S": f"{past.stamp(at)}#{kind}"},
        "kind": {"S": kind},
        "at": {"S": past.stamp(at)},
        "detail": {"S": json.dumps(told, sort_keys=True)},
    }


def _is_start(item: Mapping[str, Any]) -> bool:
    detail: dict[str, Any] = json.loads(item["detail"]["S"])
    if item["kind"]["S"] != RETRAINING or detail["trigger"] == SCHEDULE:
        return False
    return bool(detail["decision"] == STARTED)
