"""What a detector of series answers, and what may be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

DEFAULTS: Mapping[str, float] = {
    "false_alarm_rate": 3e-3,  # alarms a point of an undisturbed series may raise (probability)
    "history_points": 2000,  # earlier points a point is compared with
    "recent_points": 36,  # the latest points that are not among them: an anomaly must not excuse itself
    "warmup_points": 160,  # points before the first alarm
    "cooldown_points": 36,  # points after an alarm in which only a rarer one alarms
    "tail_points": 4000,  # points whose peaks the threshold is fitted to
    "tail_share": 0.04,  # share of the points above which the tail begins
    "season_s": 86400,  # length of a season, seconds
    "season_strength": 0.5,  # share of the spread a season must explain to be believed in
    "season_weight": 0.25,  # share of the false alarms that the season may cause
}


@dataclass(frozen=True)
class Scores:
    """One row per point. `score` is 1 - p, p the chance of a point as unusual in an undisturbed series.

    `fresh`: rarer than the points of the cooldown before it; `anomalous`: fresh, and p within the false
    alarm rate. A value outside `lower` to `upper` is always that rare; one inside may be. `warming`: too
    little is known to judge (score 0); `stale`: not newer than a point before it, so not fed. A value that
    is not finite is not fed either: its row holds score 0 and NaN.
    """

    score: Values
    anomalous: Flags
    expected: Values
    lower: Values
    upper: Values
    warming: Flags
    stale: Flags
    fresh: Flags


NAMES = ("score", "expected", "lower", "upper", "anomalous", "warming", "fresh")
"""The order of `scores_of`'s rows."""


def unfed(points: int) -> Values:
    """The rows of points that are not fed."""
    rows = np.zeros((len(NAMES), points))
    rows[1:4] = np.nan
    return rows


def scores_of(rows: Values, stale: Flags) -> Scores:
    score, expected, lower, upper, *flags = rows
    anomalous, warming, fresh = (flag > 0 for flag in flags)
    return Scores(score, anomalous, expected, lower, upper, warming, stale, fresh)
