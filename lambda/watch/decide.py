"""Whether a model is retrained now, and if not, why not. Nothing here asks anyone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from watch.drift import Drift
from watch.limits import Limits

DRIFT, STALE, SCHEDULE = "drift", "stale", "schedule"
CAP_DAYS = 30


@dataclass(frozen=True)
class Wish:
    """Why a training is wanted: its trigger, and the reason in a sentence."""

    trigger: str
    reason: str

    def run(self, date: str) -> str:
        """The name of the day's execution, so that whoever starts it starts one and the same."""
        return f"{'scheduled' if self.trigger == SCHEDULE else 'auto'}-{date}"


DUE = Wish(SCHEDULE, "its schedule is due")


def wish(drift: Drift | None, age_days: float, limits: Limits) -> Wish | None:
    """Drift comes before age: it says more."""
    if drift and drift.found:
        return Wish(DRIFT, drift.sentence())
    if age_days >= limits.stale_days:
        return Wish(STALE, f"the champion is {age_days:.1f} days old, {limits.stale_days} or more")
    return None


def resting(now: datetime, last: datetime | None, limits: Limits) -> str | None:
    """`last` is when the latest training started, whoever started it."""
    if last is None or now - last >= timedelta(days=limits.cooldown_days):
        return None
    days = (now - last).total_seconds() / 86_400
    return f"the last training started {days:.1f} days ago, less than {limits.cooldown_days}"


def capped(starts: int, limits: Limits) -> str | None:
    """`starts` by drift or staleness within `CAP_DAYS` days."""
    if starts < limits.most_starts:
        return None
    return f"{starts} trainings were started so within {CAP_DAYS} days, {limits.most_starts} may be"


def unlabelled(fresh_rows: int, limits: Limits) -> str | None:
    if fresh_rows >= limits.least_fresh_rows:
        return None
    return (
        f"{fresh_rows} labelled live records are newer than the champion's data,"
        f" {limits.least_fresh_rows} are needed to learn from"
    )
