"""What tellers of a high risk and the executor agree on, and how many decisions came out how: one item of the
state table per model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SOURCE, DETAIL_TYPE = "ops-ml", "Prediction Above Threshold"
"""How the event bus names a prediction above its threshold."""
OUTCOMES = ("ignored", "would_act", "acted", "failed", "refused")
"""Not in the allow-list; dry run; done; the call failed; not a good event, or beyond a bound."""
SORT_KEY = "remediations"
OLDEST_S, AHEAD_S = 3600, 300
"""What was measured longer ago, or lies further ahead by a wrong clock, is no reason to act now."""


def counted(table: str, model: str, outcome: str) -> dict[str, Any]:
    """The Update of a transaction that counts one decision, so that it counts exactly with it."""
    return {
        "TableName": table,
        "Key": _key(model),
        "UpdateExpression": "ADD #outcome :one",
        "ExpressionAttributeNames": {"#outcome": outcome},
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }


def outcomes(client: Any, table: str, models: Iterable[str]) -> dict[str, dict[str, int]]:
    """Each model's decisions by outcome; `client` is a dynamodb client, whose errors are raised."""
    return {model: _read(client, table, model) for model in models}


def _read(client: Any, table: str, model: str) -> dict[str, int]:
    item = client.get_item(TableName=table, Key=_key(model), ConsistentRead=True).get("Item", {})
    return {name: int(item[name]["N"]) for name in OUTCOMES if name in item}


def _key(model: str) -> dict[str, Any]:
    return {"pk": {"S": f"counter#{model}"}, "sk": {"S": SORT_KEY}}
