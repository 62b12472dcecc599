"""The rules of promotion, as pure functions: floors, trivial baselines, champion.

Each returns a sentence and whether it holds; the sentences become the package's description.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


FRESH = "fresh"
"""Where a challenge says so, it was on rows that are newer than all of the champion's data."""


class Finding(NamedTuple):
    holds: bool
    text: str


def findings(evaluation: Mapping[str, Any], promotion: Mapping[str, Any]) -> Iterator[Finding]:
    """Every rule's finding on an evaluation.json, under the spec's promotion rules."""
    metrics = evaluation["metrics"]
    yield from _floors(metrics, evaluation["profile"], promotion["profiles"])
    name = promotion["metric"]
    own = _number(metrics, name)
    if own is None:
        yield Finding(False, f"{name} is missing")
        return
    yield from _baselines(own, evaluation["baselines"], promotion)
    yield from _champion(own, evaluation, promotion)


def _floors(metrics: Mapping[str, Any], profile: str, profiles: Mapping[str, Any]) -> Iterator[Finding]:
    if profile not in profiles:
        known = ", ".join(sorted(profiles))
        yield Finding(False, f"data profile {profile!r} has no floors; known profiles: {known}")
        return
    for floor in profiles[profile]:
        name, op, threshold = floor["metric"], floor["op"], floor["threshold"]
        value = _number(metrics, name)
        holds = value is not None and bool(OPERATORS[op](value, threshold))
        yield Finding(holds, f"{name} {_shown(value)} {'meets' if holds else 'misses'} {op} {threshold:g}")


def _baselines(own: float, baselines: Mapping[str, Any], promotion: Mapping[str, Any]) -> Iterator[Finding]:
    name, higher = promotion["metric"], promotion["higher_is_better"]
    judged = {kind: _number(metrics or {}, name) for kind, metrics in sorted(baselines.items())}
    if all(value is None for value in judged.values()):
        yield Finding(False, f"no baseline has {name}, so nothing shows that the model has learned")
    for kind, value in judged.items():
        if value is None:
            yield Finding(True, f"baseline {kind} has no {name}")
        else:
            holds = own > value if higher else own < value
            yield Finding(
                holds, f"{name} {own:.4g} {'beats' if holds else 'does not beat'} {kind} {value:.4g}"
            )


def _champion(own: float, evaluation: Mapping[str, Any], promotion: Mapping[str, Any]) -> Iterator[Finding]:
    """On the rows that neither has seen where there are enough of them, else on the whole test split."""
    if not evaluation.get("champion"):
        yield Finding(True, str(evaluation.get("champion_note") or "no champion to compare with"))
        return
    name = promotion["metric"]
    value = _number(evaluation["champion"], name)
    challenge = evaluation.get("challenge") or {}
    where = ""
    if challenge.get("on") == FRESH:
        champion, challenger = _number(challenge, "champion"), _number(challenge, "challenger")
        if champion is None or challenger is None:
            yield Finding(False, f"{name} on fresh rows is missing")
            return
        own, value, where = challenger, champion, f" on {challenge['rows']} fresh rows"
        yield _shown_worse(challenge)
    elif challenge:
        had, needed = challenge["fresh_rows"], challenge["least_fresh_rows"]
        where = f" on the whole test split, as {had} of {needed} fresh rows are there"
    if value is None:
        yield Finding(False, f"the champion has no {name} to compare with")
        return
    yield _within(own, value, promotion, where)


def _shown_worse(challenge: Mapping[str, Any]) -> Finding:
    """A difference whose interval leaves out 0 is no chance."""
    low, high = _number(challenge, "low"), _number(challenge, "high")
    told = f"{_shown(_number(challenge, 'difference'))}, {_shown(low)} to {_shown(high)} in 95 of 100"
    return Finding(
        challenge["verdict"] != "worse",
        f"against the champion on fresh rows: {challenge['verdict']} ({told})",
    )


def _within(own: float, value: float, promotion: Mapping[str, Any], where: str) -> Finding:
    name, margin = promotion["metric"], promotion["margin"]
    lost = value - own if promotion["higher_is_better"] else own - value
    holds = round(lost, 9) <= margin  # a candidate exactly at the margin passes, whatever its last bit
    side = "within" if holds else "beyond"
    return Finding(holds, f"{name} {own:.4g} is {side} {margin:g} of the champion's {value:.4g}{where}")


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    """The metric, or None where it is missing or no finite number."""
    value = metrics.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _shown(value: float | None) -> str:
    return "(missing)" if value is None else f"{value:.4g}"
