"""What the state machines did: a model's trainings, and its promotions among those of all models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.timeline import Detail, Entry, Part, Window, newest, pages
from shared.registry import version
from shared.results import told
from shared.runs import run_id
from shared.served import Served

AT_ONCE = 100
LOOKED_INTO = 60
"""Promotions, of any model, that one answer describes at most: descriptions are rationed by the account."""
REMEMBERED = 2000
LASTED = ("execution_id", "status", "started_at", "ended_at", "result", "error")
Described = Mapping[str, Any]


@dataclass
class Executions:
    """`client` is a stepfunctions client; `promotion` is the ARN of the machine that promotes."""

    client: Any
    promotion: str
    _ended: dict[str, Described] = field(default_factory=dict)

    def trainings(self, model: Served, window: Window) -> Part:
        rows, until = newest(self._listed(model.machine), _started, window)
        return Part([self._training(model, row) for row in rows], until)

    def promotions(self, model: Served, window: Window) -> Part:
        """Those of the model; of no more than LOOKED_INTO executions it is asked whose they are."""
        entries: list[Entry] = []
        asked, last = 0, window.before
        for row in self._listed(self.promotion):
            if row["startDate"] >= window.before:
                continue
            if len(entries) == window.limit or asked == LOOKED_INTO:
                return Part(entries, last)
            asked, last = asked + (row["executionArn"] not in self._ended), row["startDate"]
            described = self.describe(row["executionArn"])
            if _input(described).get("model") == model.name:
                entries.append(_promotion(model, described))
        return Part(entries)

    def took_back(self, package: str, at: datetime) -> bool:
        """Whether a promotion of the package, among those described, failed around that moment."""
        return any(
            each["status"] != "SUCCEEDED"
            and each["startDate"] <= at <= each["stopDate"]
            and _input(each).get("package") == package
            for each in self._ended.values()
        )

    def describe(self, arn: str) -> Described:
        """Those that ended are asked about once."""
        if arn in self._ended:
            return self._ended[arn]
        found: Described = self.client.describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            if len(self._ended) >= REMEMBERED:
                self._ended.pop(next(iter(self._ended)))
            self._ended[arn] = found
        return found

    def _listed(self, machine: str) -> Iterator[Described]:
        """Step Functions lists the newest first."""
        for page in pages(
            self.client.list_executions, "nextToken", stateMachineArn=machine, maxResults=AT_ONCE
        ):
            yield from page["executions"]

    def _training(self, model: Served, row: Described) -> Entry:
        def detail() -> Detail:
            described = self.describe(row["executionArn"])
            found = told(model.name, run_id(model.name, row["name"]), described)
            given = _input(described)
            asked = {name: given.get(name) for name in ("profile", "trigger")}
            return {**{name: found[name] for name in LASTED if name in found}, **asked}

        return Entry(row["startDate"], "training", detail)


def _promotion(model: Served, described: Described) -> Entry:
    def detail() -> Detail:
        found = told(model.name, str(described["name"]), {**described, "output": None})
        previous = _json(described.get("output")).get("previous")
        return {
            **{name: found[name] for name in LASTED if name in found and name != "result"},
            "package": version(model.name, _input(described)["package"]),
            "previous": version(model.name, previous) if previous else None,
        }

    return Entry(described["startDate"], "promotion", detail)


def _started(row: Described) -> datetime:
    started: datetime = row["startDate"]
    return started


def _input(described: Described) -> Mapping[str, Any]:
    return _json(described.get("input"))


def _json(text: str | None) -> Mapping[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
