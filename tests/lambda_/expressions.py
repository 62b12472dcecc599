"""DynamoDB's conditions and updates, as far as the functions use them; any other fails the test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Item = dict[str, Any]
CONDITION = re.compile(
    r"attribute_not_exists\((?P<absent>\S+)\)|(?P<name>\S+) (?P<operator>=|<=) (?P<value>:\w+)"
)
ADDED = re.compile(r"(?P<name>#\w+) (?P<value>:\w+)")
SET = re.compile(r"(?P<name>#\w+) = (?:(?P<keep>if_not_exists)\((?P=name), )?(?P<value>:\w+)\)?")


def holds(write: Mapping[str, Any], item: Item) -> bool:
    """Whether the write's condition does, where it has one; an item that is not there is empty."""
    condition = write.get("ConditionExpression")
    return condition is None or any(_holds(each, write, item) for each in condition.split(" OR "))


def _holds(condition: str, write: Mapping[str, Any], item: Item) -> bool:
    found, names = _parsed(CONDITION, condition), write.get("ExpressionAttributeNames", {})
    if absent := found["absent"]:
        return names.get(absent, absent) not in item
    held = item.get(names.get(found["name"], found["name"]))
    wanted = write["ExpressionAttributeValues"][found["value"]]
    if found["operator"] == "=" or held is None:
        return bool(held == wanted)
    return Decimal(held["N"]) <= Decimal(wanted["N"])


def change(write: Mapping[str, Any], item: Item) -> None:
    """Does to the item what the write's update says."""
    names, values = write["ExpressionAttributeNames"], write["ExpressionAttributeValues"]
    verb, _, changes = write["UpdateExpression"].partition(" ")
    kinds = {"ADD": ADDED, "SET": SET}
    for part in re.split(r", (?=#)", changes):
        found = _parsed(kinds[verb], part)
        name, value = names[found["name"]], values[found["value"]]
        if verb == "ADD":
            item[name] = {"N": str(Decimal(item.get(name, {"N": "0"})["N"]) + Decimal(value["N"]))}
        elif not found["keep"] or name not in item:
            item[name] = value


def _parsed(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    assert found, f"the table in memory does not understand {text!r}"
    return found
