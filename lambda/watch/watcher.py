"""One look at one model: its champion's age, its inputs' drift, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from catalog.contract import LIVE, parse_time
from shared import inputs
from shared.registry import package
from shared.runs import Runs, run_id
from shared.served import Served
from watch.decide import DUE, SCHEDULE, Wish, capped, resting, unlabelled, wish
from watch.drift import Drift, measure, reference
from watch.fresh import Fresh, Labels
from watch.limits import Limits
from watch.notes import SKIPPED, STARTED, Notes


class NotNoted(Exception):
    """The table did not take the day's decision; the next look makes it again, and starts nothing twice."""


@dataclass(frozen=True)
class Seen:
    """What one look found; `decision` is None where nothing was to be decided."""

    age_days: float
    drift: Drift | None
    decision: Mapping[str, Any] | None

    def metrics(self) -> dict[str, float]:
        told = {"ModelAgeDays": self.age_days}
        if self.drift:
            told |= {"FeatureDrift": round(self.drift.worst, 4), "DriftedShare": round(self.drift.share, 4)}
        return told


@dataclass(frozen=True)
class Watcher:
    """Clients of AWS, and what is declared of each model; `now` is in UTC."""

    sagemaker: Any
    s3: Any
    dynamodb: Any
    table: str
    runs: Runs
    notes: Notes
    fresh: Fresh
    labels: Mapping[str, Labels]
    limits: Mapping[str, Limits]
    now: Callable[[], datetime]

    def look(self, model: Served, champion: Mapping[str, Any] | None) -> Seen | None:
        """None where there is no champion: a first training is asked for, not started by itself."""
        known = package(self.sagemaker, champion)
        if known is None:
            return None
        now = self.now()
        age_days = round((now - known["CreationTime"]).total_seconds() / 86_400, 2)
        drift = self._drift(model, known, now)
        wanted = wish(drift, age_days, self.limits[model.name])
        return Seen(age_days, drift, self._decided(model, known, wanted, drift, now) if wanted else None)

    def due(self, model: Served, champion: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """What the model's schedule comes to; it may be the first training on live records."""
        known = package(self.sagemaker, champion) or {}
        return self._decided(model, known, DUE, None, self.now())

    def _drift(self, model: Served, known: Mapping[str, Any], now: datetime) -> Drift | None:
        counted, limits = reference(self.s3, known), self.limits[model.name]
        if counted is None:
            return None
        dates = [(now - timedelta(days=back)).date().isoformat() for back in range(limits.window_days + 1)]
        live = inputs.read(self.dynamodb, self.table, model.name, counted["contract_hash"], dates)
        return measure(counted, live, limits)

    def _decided(
        self, model: Served, known: Mapping[str, Any], wanted: Wish, drift: Drift | None, now: datetime
    ) -> Mapping[str, Any]:
        """The day's decision: the one that was made already, or one that is made now."""
        own = wanted.run(now.date().isoformat())
        made = self.notes.of(model.name, own)
        if made:
            return made
        decision = self._decide(model, known, wanted, own, now)
        found = drift.told() if drift and drift.found else None
        if self.notes.write(model.name, own, now, decision, found):
            return decision
        made = self.notes.of(model.name, own)
        if made is None:
            raise NotNoted(model.name)
        return made

    def _decide(
        self, model: Served, known: Mapping[str, Any], wanted: Wish, own: str, now: datetime
    ) -> dict[str, Any]:
        against = self._against(model, known, wanted, own, now)
        if against is None:
            run = self.runs.start(model, {"profile": LIVE, "trigger": wanted.trigger}, own)
            against = None if run.name == own else f"{run.id} is running"
        told = {"trigger": wanted.trigger, "why": wanted.reason}
        if against:
            return {**told, "decision": SKIPPED, "reason": against}
        execution = run_id(model.name, own)
        return {**told, "decision": STARTED, "reason": wanted.reason, "execution": execution}

    def _against(
        self, model: Served, known: Mapping[str, Any], wanted: Wish, own: str, now: datetime
    ) -> str | None:
        """Why not to start one now; None where nothing is against it, or today's is started already.

        A schedule bounds itself: it neither waits nor counts.
        """
        limits = self.limits[model.name]
        if self.runs.describe(model, own):
            return None
        if running := self.runs.running(model):
            return f"{run_id(model.name, running)} is running"
        if wanted.trigger != SCHEDULE:
            held = resting(now, self.runs.last(model), limits)
            held = held or capped(self.notes.starts(model.name, now), limits)
            if held:
                return held
        needed = limits.least_fresh_rows
        return unlabelled(self.fresh.count(self.labels[model.name], _until(known), needed), limits)


def _until(known: Mapping[str, Any]) -> datetime | None:
    """The end of the champion's data where that was live; of any other, every live record is news."""
    told = known.get("CustomerMetadataProperties", {})
    return parse_time(told.get("data_until", "")) if told.get("profile") == LIVE else None
