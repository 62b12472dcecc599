"""An answered prediction as a person reads it: what, how sure, and why or what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalog.spec import ModelSpec

Prediction = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """A prediction that the deployed API answered, and the request that it answers."""

    spec: ModelSpec
    address: str
    body: dict[str, Any]
    answer: dict[str, Any]

    @property
    def prediction(self) -> Prediction:
        """The last one, of a series; an optimiser's plan."""
        found: Prediction = (
            self.answer.get("prediction") or self.answer.get("plan") or self.answer["predictions"][-1]
        )
        return found

    @property
    def degraded(self) -> bool:
        """Whether anything less than the model answered."""
        told = self.answer["model_info"] if self.spec.router else self.answer
        return bool(told.get("degraded"))

    def shown(self) -> Group:
        return Group(self._head(), *self._parts(), self._foot())

    def _head(self) -> Text:
        said = self.prediction
        head = Text(f"{self.body.get(self.spec.contract.record.entity) or self.answer['request_id']}: ")
        head.append(_said(said), style="bold")
        for name, share in (said.get("probabilities") or {}).items():
            if share >= 0.005:
                head.append(f"  {name} {share:.0%}", style="dim")
        return head

    def _parts(self) -> Iterator[RenderableType]:
        said = self.prediction
        if self.spec.router:
            yield _outcome(self.answer["outcome"])
        if said.get("contributions"):
            yield _reasons(said)
        if said.get("forecast"):
            yield _bands(said)
        for limit in said.get("binding", ())[:1]:
            yield Text(limit["detail"])
        if action := said.get("recommended_action"):
            level = said[self.spec.contract.advice.field] if self.spec.contract.advice else "advice"
            yield Text(f"{level}: {action.replace('_', ' ')}")
        if note := (said.get("history") or {}).get("note"):
            yield Text(note, style="dim")

    def _foot(self) -> Text:
        told = self.answer["model_info"]["model_type"] if self.spec.router else self.answer["model_version"]
        return Text(f"{told}, request {self.answer['request_id']}", style="dim")


def _said(prediction: Prediction) -> str:
    if platform := prediction.get("platform"):
        return f"{platform}, {prediction['confidence']:.0%} sure"
    if prediction.get("chosen"):
        units, groups = sum(each["count"] for each in prediction["chosen"]), len(prediction["groups"])
        return f"{units} units in {groups} groups, {prediction['usd_per_hour']:.2f} USD per hour"
    if prediction.get("label"):
        return str(prediction["label"])
    if prediction.get("forecast"):
        last = prediction["forecast"][-1]
        return f"{prediction['current']:.1f} now, {last['p50']:.1f} in {last['horizon_hours']:g} h"
    return f"{prediction['value']:.1f}"


def _outcome(outcome: dict[str, Any]) -> Text:
    took = (
        f"served by {outcome['platform']} in {outcome['latency_ms']:.0f} ms for {outcome['cost_usd']:.2g} USD"
    )
    return Text(took + (", the other platform having failed" if outcome["failed_over"] else ""))


def _reasons(prediction: Prediction) -> Table:
    table = Table("because of", "value", "pushes by", box=None)
    for each in prediction["contributions"]:
        value = "missing" if each["value"] is None else f"{each['value']:.4g}"
        table.add_row(each["feature"], value, f"{each['contribution']:+.3f}")
    return table


def _bands(prediction: Prediction) -> Table:
    table = Table("hours ahead", "p10", "p50", "p90", box=None)
    for each in prediction["forecast"]:
        table.add_row(f"{each['horizon_hours']:g}", *(f"{each[name]:.1f}" for name in ("p10", "p50", "p90")))
    return table
