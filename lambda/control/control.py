"""What the control routes answer, over the models of one API or of all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from catalog.contract import Problem
from control import metrics
from control.request import Order
from shared import results
from shared.counters import Counters
from shared.overview import Overview
from shared.problems import NotFound, NotStarted
from shared.remediations import outcomes
from shared.runs import NotDecided, Runs, run_id
from shared.served import Served
from shared.telemetry import logger

NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}")
"""Of an execution, whoever named it."""
NOT_STARTED = (ClientError, BotoCoreError, NotDecided)


@dataclass(frozen=True)
class Control:
    """`dynamodb` is a dynamodb client, `table` the state table."""

    models: Mapping[str, Served]
    overview: Overview
    runs: Runs
    counters: Counters
    dynamodb: Any
    table: str

    def of(self, api: str) -> dict[str, Served]:
        return {name: model for name, model in self.models.items() if model.api == api}

    def training(self, model: Served) -> dict[str, Any]:
        """The run of the model, for its overview; null where none runs or nobody can tell."""
        if not model.machine:
            return {"running": None}
        try:
            name = self.runs.running(model)
        except (ClientError, BotoCoreError) as error:
            logger.warning("no executions listed", extra={"model": model.name, "error": type(error).__name__})
            name = None
        return {"running": run_id(model.name, name) if name else None}

    def train(self, order: Order) -> list[dict[str, Any]]:
        """One entry per model, each with its own status; NotStarted where none could be started."""
        entries = [self._start(model, order.input) for model in order.models]
        self.overview.forget()
        failed = [entry for entry in entries if entry["status"] == "failed"]
        if len(failed) == len(entries):
            raise NotStarted(
                "no training was started", [Problem(entry["model"], entry["error"]) for entry in failed]
            )
        return entries

    def _start(self, model: Served, given: dict[str, Any]) -> dict[str, Any]:
        try:
            run = self.runs.start(model, given)
        except NOT_STARTED as error:
            logger.exception("training not started", extra={"model": model.name})
            why = f"could not be started ({_code(error)}); ask again"
            return {
                "model": model.name,
                "execution_id": None,
                "status": "failed",
                "profile": given["profile"],
                "error": why,
            }
        status = "started" if run.started else "running"
        return {"model": model.name, "execution_id": run.id, "status": status, "profile": run.profile}

    def execution(self, models: Mapping[str, Served], execution_id: str) -> dict[str, Any]:
        """NotFound where none of `models` has such an execution."""
        name, _, run = execution_id.partition(".")
        model = models.get(name)
        known = model and model.machine and NAME.fullmatch(run)
        described = self.runs.describe(model, run) if model and known else None
        if described is None:
            raise NotFound(f"there is no training execution {execution_id[:128]}")
        return results.told(name, execution_id, described)

    def metrics(self, api: str) -> str:
        """Of the models that functions serve; endpoints are measured by CloudWatch."""
        names = [name for name, model in self.of(api).items() if model.kind != "endpoint"]
        decided = outcomes(self.dynamodb, self.table, names)
        return metrics.text(self.counters.read(names), decided, self.uptime_s() or 0.0)

    def uptime_s(self) -> float | None:
        """Seconds since the first request was counted; None before it, or where the table does not answer."""
        try:
            started = self.counters.started()
        except (ClientError, BotoCoreError) as error:
            logger.warning("no start known", extra={"error": type(error).__name__})
            return None
        return round((datetime.now(UTC) - started).total_seconds(), 3) if started else None


def _code(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
