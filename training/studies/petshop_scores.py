"""Ways to score how far a point of a PetShop file is from health.

No way may know a point's place in its file: every file has two points before the onset and three after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from studies.petshop_data import Array, Issue, Traffic

SITE = "PetSite"
WATCHED = ("latency/Average", "latency/p90", "latency/p95", "latency/p99", "availability/Average")
TINIEST = 1e-4
"""Seconds added before the logarithm of a latency."""
LEAST = {"latency": 0.02, "availability": 0.1}
"""Smallest spread of a series, in log seconds and percent: some never change in health."""
MOST = 10.0
"""Deviations count up to here."""
Score = Callable[[Issue], Array]


@dataclass(frozen=True)
class Health:
    """Centre and spread of every series, and which way is bad."""

    centre: dict[str, float]
    spread: dict[str, float]

    @classmethod
    def of(cls, normal: dict[str, Array], centres: dict[str, float] | None = None) -> Health:
        """Median and robust deviation over the days without issue; `centres` takes the median's place."""
        centre, spread = {}, {}
        for name, values in normal.items():
            kind = _kind(name)
            seen = _damped(kind, values[np.isfinite(values)])
            if kind in LEAST and len(seen) > 100:
                centre[name] = (centres or {}).get(name, float(np.median(seen)))
                deviation = 1.4826 * float(np.median(np.abs(seen - np.median(seen))))
                spread[name] = max(deviation, LEAST[kind])
        return cls(centre, spread)

    def worse(self, issue: Issue) -> dict[str, Array]:
        """How many deviations each series is worse than in health, NaN where not known."""
        return {
            name: (1 if _kind(name) == "latency" else -1)
            * (_damped(_kind(name), issue.series[name]) - self.centre[name])
            / self.spread[name]
            for name in self.centre
            if name in issue.series
        }


def centres(issues: Sequence[Issue]) -> dict[str, float]:
    """Medians of the healthy points of `issues`: the days without issue were measured months later."""
    found: dict[str, list[Array]] = {}
    for issue in issues:
        for name, values in issue.series.items():
            found.setdefault(name, []).append(_damped(_kind(name), values[issue.label == 0]))
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    return {name: float(np.nanmedian(each)) for name, each in joined.items() if np.isfinite(each).sum() >= 6}


def robust_z(traffic: Traffic) -> Score:
    """The baseline: distance of the alarming metric from the median without issue, in robust deviations."""

    def score(issue: Issue) -> Array:
        normal = traffic.normal[issue.target]
        middle = np.nanmedian(normal)
        spread = 1.4826 * np.nanmedian(np.abs(normal - middle))
        return np.asarray(np.abs(issue.series[issue.target] - middle) / max(spread, 1e-9))

    return score


def alarming(health: Health) -> Score:
    """The alarming metric alone, in the bad direction."""
    return lambda issue: health.worse(issue)[issue.target]


def alarming_kind(health: Health) -> Score:
    """The worst statistic of the alarming metric: of a latency its mean and its tail."""

    def score(issue: Issue) -> Array:
        worse, kind = health.worse(issue), _kind(issue.target)
        return np.asarray(
            np.max([worse[f"{SITE} {name}"] for name in WATCHED if _kind(name) == kind], axis=0)
        )

    return score


def site(health: Health) -> Score:
    """The worst of the site's latencies and its availability: nobody says which metric alarms."""

    def score(issue: Issue) -> Array:
        worse = health.worse(issue)
        return np.asarray(np.nanmax([worse[f"{SITE} {name}"] for name in WATCHED], axis=0))

    return score


def everywhere(health: Health) -> Score:
    """Mean over all nodes of the application."""
    return lambda issue: features(health, issue)[:, -2]


def features(health: Health, issue: Issue) -> Array:
    """Of each point the site's watched metrics, then mean and worst twentieth of all nodes."""
    worse = {name: np.clip(each, 0, MOST) for name, each in health.worse(issue).items()}
    own = [worse[f"{SITE} {name}"] for name in WATCHED]
    ordered = np.nan_to_num(np.array(list(worse.values())))
    return np.column_stack([*own, ordered.mean(axis=0), np.quantile(ordered, 0.95, axis=0)])


def learned(parts: Sequence[tuple[Health, Sequence[Issue]]], judge: Health) -> Score:
    """Logistic regression over `features`, learned from the judged points of `parts`, each in the health of
    its own traffic; scores issues in the health `judge`."""
    rows = [features(health, issue)[issue.label >= 0] for health, issues in parts for issue in issues]
    truth = [issue.label[issue.label >= 0] for _, issues in parts for issue in issues]
    model = LogisticRegression(C=0.1, max_iter=1000)
    model.fit(np.log1p(np.nan_to_num(np.concatenate(rows))), np.concatenate(truth))
    return lambda issue: model.decision_function(np.log1p(np.nan_to_num(features(judge, issue))))


def own_start(health: Health) -> Score:
    """How much worse the site is than at the file's own first point, which itself gets no score (NaN)."""

    def score(issue: Issue) -> Array:
        worse = health.worse(issue)
        rise = [worse[f"{SITE} {name}"] - worse[f"{SITE} {name}"][0] for name in WATCHED]
        return np.concatenate(([np.nan], np.nanmax(rise, axis=0)[1:]))

    return score


def _kind(name: str) -> str:
    return name.rpartition(" ")[2].partition("/")[0]


def _damped(kind: str, values: Array) -> Array:
    return np.log(values + TINIEST) if kind == "latency" else values
