"""What a model's spec must hold; each problem tells what was given and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog.contract import LIVE, Contract
from catalog.known import CLASS_METRICS, LEARNERS, NUMBER_METRICS

if TYPE_CHECKING:
    from catalog.spec import Alarms, ModelSpec, Promotion, RealTimeEndpoint, Tuning

LONGEST_NAME = 24
"""Job names hold environment, model, run and step in 63 characters."""
MOST_JOBS, MOST_PARALLEL = 500, 10
"""SageMaker's quotas of one tuning job."""
KEBAB = r"[a-z0-9]+(?:-[a-z0-9]+)*"
NAME = rf"(?=[a-z]){KEBAB}"
ROUTE = rf"/api/predict/{KEBAB}"
"""The API's fixed routes lie elsewhere."""
SCHEDULE = r"cron\(\S+(?: \S+){5}\)|rate\((?:1 (?:minute|hour|day)|[1-9]\d* (?:minutes|hours|days))\)"


def problems_of(spec: ModelSpec) -> Iterator[str]:
    """Every problem of one spec, in the order of its fields."""
    yield from _name_problems(spec)
    if spec.learner not in LEARNERS:
        yield f"learner {spec.learner!r} is not one of {', '.join(LEARNERS)}"
    yield from _tuning_problems(spec.tuning, LEARNERS.get(spec.learner))
    yield from _promotion_problems(spec.promotion, spec.contract)
    yield from _serving_problems(spec.serving)
    yield from _alarm_problems(spec.alarms)
    yield from _fallback_problems(spec.contract)


def _name_problems(spec: ModelSpec) -> Iterator[str]:
    if not re.fullmatch(NAME, spec.name) or len(spec.name) > LONGEST_NAME:
        yield (
            f"name {spec.name!r} must be kebab-case, begin with a letter and be no longer than {LONGEST_NAME}"
        )
    if not re.fullmatch(ROUTE, spec.route):
        yield f"route {spec.route!r} must be /api/predict/ and one name in kebab-case"
    if not re.fullmatch(SCHEDULE, spec.schedule):
        yield f"schedule {spec.schedule!r} must be cron(six fields) or rate(number unit)"


def _tuning_problems(tuning: Tuning, known: tuple[str, ...] | None) -> Iterator[str]:
    if not 1 <= tuning.jobs <= MOST_JOBS:
        yield f"tuning runs {tuning.jobs} jobs; allowed is 1 to {MOST_JOBS}"
    if not 1 <= tuning.parallel <= min(tuning.jobs, MOST_PARALLEL):
        yield (
            f"tuning runs {tuning.parallel} of {tuning.jobs} jobs at once; "
            f"allowed is 1 to {MOST_PARALLEL}, and no more than there are"
        )
    for span in tuning.ranges:
        if known is not None and span.name not in known:
            yield f"range {span.name!r} is not one of {', '.join(known)}"
        if not span.low < span.high:
            yield f"range {span.name}: low {span.low} must be below high {span.high}"
        if span.scaling == "Logarithmic" and span.low <= 0:
            yield f"range {span.name}: a logarithmic range must start above 0, got {span.low}"


def _promotion_problems(promotion: Promotion, contract: Contract) -> Iterator[str]:
    metrics = CLASS_METRICS if contract.target.classes else NUMBER_METRICS
    gates = [(f"profile {each.name}", gate.metric) for each in promotion.profiles for gate in each.gates]
    for where, metric in [("promotion", promotion.metric), *gates]:
        if metric not in metrics:
            yield f"{where} reads metric {metric!r}; the evaluation has {', '.join(metrics)}"
    if metrics.get(promotion.metric, promotion.higher_is_better) is not promotion.higher_is_better:
        yield (
            f"higher_is_better is {promotion.higher_is_better}; "
            f"of {promotion.metric} {not promotion.higher_is_better} holds"
        )
    if not promotion.margin >= 0:
        yield f"margin {promotion.margin:g} must be at least 0"
    names = [profile.name for profile in promotion.profiles]
    for name in names:
        if not re.fullmatch(KEBAB, name) or names.count(name) > 1:
            yield f"profile {name!r} must be kebab-case and stand once"
    if LIVE not in names:
        yield f"promotion has floors for profiles {', '.join(names) or '(none)'}; {LIVE} must be among them"


def _serving_problems(serving: RealTimeEndpoint) -> Iterator[str]:
    if not 1 <= serving.min_instances <= serving.max_instances:
        yield (
            f"serving scales from {serving.min_instances} to {serving.max_instances} instances; "
            "allowed is 1 to max_instances"
        )
    if serving.target_invocations <= 0:
        yield f"target_invocations {serving.target_invocations} must be above 0"
    for name in ("scale_in_cooldown_s", "scale_out_cooldown_s"):
        if getattr(serving, name) < 0:
            yield f"{name} {getattr(serving, name)} must be at least 0"
    if not 0 <= serving.data_capture_percent <= 100:
        yield f"data_capture_percent {serving.data_capture_percent} must be from 0 to 100"


def _alarm_problems(alarms: Alarms) -> Iterator[str]:
    """Thresholds are above 0, a share of a machine's capacity at most 100, periods whole."""
    for name, value in vars(alarms).items():
        if value is None:
            continue
        if name in ("period_minutes", "latency_periods"):
            if value < 1:
                yield f"alarms: {name} {value:g} must be at least 1"
        elif not value > 0:
            yield f"alarms: {name} {value:g} must be above 0, or None to leave the alarm out"
        elif name.endswith("_percent") and value > 100:
            yield f"alarms: {name} {value:g} must be at most 100"


def _fallback_problems(contract: Contract) -> Iterator[str]:
    """A rule must read a feature and answer what the model itself could answer."""
    if contract.fallback is None:
        return
    for rule in contract.fallback.rules:
        if rule.feature not in contract.features:
            yield f"fallback rule reads {rule.feature!r}, which is not a feature"
    for answer in (*(rule.answer for rule in contract.fallback.rules), contract.fallback.otherwise):
        if problem := contract.target.problem(answer):
            yield f"fallback answer {problem}"
