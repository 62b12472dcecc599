"""The rules of promotion, as pure functions: floors, trivial baselines, champion.

Each returns a sentence and whether it holds; the sentences become the package's description.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


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
    yield _champion(own, evaluation, promotion)


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


def _champion(own: float, evaluation: Mapping[str, Any], promotion: Mapping[str, Any]) -> Finding:
    if not evaluation.get("champion"):
        return Finding(True, str(evaluation.get("champion_note") or "no champion to compare with"))
    name, margin = promotion["metric"], promotion["margin"]
    value = _number(evaluation["champion"], name)
    if value is None:
        return Finding(False, f"the champion has no {name} to compare with")
    lost = value - own if promotion["higher_is_better"] else own - value
    holds = round(lost, 9) <= margin  # a candidate exactly at the margin passes, whatever its last bit
    return Finding(
        holds,
        f"{name} {own:.4g} is {'within' if holds else 'beyond'} {margin:g} of the champion's {value:.4g}",
    )


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    """The metric, or None where it is missing or no finite number."""
    value = metrics.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _shown(value: float | None) -> str:
    return "(missing)" if value is None else f"{value:.4g}"
