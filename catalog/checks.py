"""What a model's spec must hold; each problem tells what was given and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog.contract import LIVE, Advice, Contract, Fallback, Feature, Placement
from catalog.known import (
    CLASS_METRICS,
    FLOORS_ONLY,
    FORECAST_METRICS,
    LEARNERS,
    NUMBER_METRICS,
    PLACEMENT_METRICS,
    Learner,
)
from catalog.optimizer_checks import optimizer_problems
from catalog.placement import LIKELIER, LOAD

if TYPE_CHECKING:
    from catalog.spec import (
        Alarms,
        InFunction,
        ModelSpec,
        Promotion,
        RealTimeEndpoint,
        Retraining,
        Rival,
        Router,
        Training,
        Tuning,
    )

LONGEST_NAME = 24
"""Job names hold environment, model, run and step in 63 characters."""
MOST_JOBS, MOST_PARALLEL = 500, 10
"""SageMaker's quotas of one tuning job."""
MOST_LEARNERS = 5
"""A processing job takes ten inputs: beside candidates the code, three parts of the data, the champion."""
KEBAB = r"[a-z0-9]+(?:-[a-z0-9]+)*"
NAME = rf"(?=[a-z]){KEBAB}"
ROUTE = rf"/api(?:/v[1-9][0-9]*)?(?:/{KEBAB})?/(?:predict|optimize)/{KEBAB}|/predict"
"""The APIs' fixed routes lie elsewhere."""
FORWARD = rf"/(?!predict){KEBAB}"
ALIAS = r"[a-z][a-z0-9_-]{0,63}"
FUNCTION_MB, FUNCTION_S = (256, 10_240), (1, 29)
"""Lambda's sizes; the gateway waits no longer."""
RETRAINING: dict[str, tuple[float, float]] = {
    "drift_psi": (0.05, 10),
    "drifted_share": (0.01, 1),
    "least_records": (100, 1_000_000),
    "least_entities": (1, 500),
    "window_days": (1, 30),
    "stale_days": (1, 365),
    "cooldown_days": (1, 30),
    "most_starts": (1, 30),
    "least_fresh_rows": (20, 1_000_000),
}
"""What each setting may be. Counts of inputs are kept for 35 days, with 500 entities of each process; below a
PSI of 0.05 lies chance."""
SCHEDULE = r"cron\(\S+(?: \S+){5}\)|rate\((?:1 (?:minute|hour|day)|[1-9]\d* (?:minutes|hours|days))\)"


def problems_of(spec: ModelSpec) -> Iterator[str]:
    """Every problem of one spec, in the order of its fields."""
    yield from _name_problems(spec)
    if spec.training:
        yield from _training_problems(spec.training, spec.contract)
    elif not (spec.contract.fallback or spec.contract.detector or spec.contract.optimizer):
        yield "without training the contract must have a rule, a detector or an optimizer"
    yield from _serving_problems(spec)
    yield from _alarm_problems(spec.alarms)
    yield from _contract_problems(spec.contract)


def _name_problems(spec: ModelSpec) -> Iterator[str]:
    if not re.fullmatch(NAME, spec.name) or len(spec.name) > LONGEST_NAME:
        yield (
            f"name {spec.name!r} must be kebab-case, begin with a letter and be no longer than {LONGEST_NAME}"
        )
    for alias in spec.aliases:
        if not re.fullmatch(ALIAS, alias):
            yield f"alias {alias!r} must be lower-case letters, digits, - and _"
    if not re.fullmatch(ROUTE, spec.route):
        yield (
            f"route {spec.route!r} must be /api/predict/ or /api/optimize/ and one name in kebab-case;"
            " a version and a group may stand before predict or optimize; or /predict alone"
        )


def _training_problems(training: Training, contract: Contract) -> Iterator[str]:
    learners = [search.learner for search in training.searches]
    for search in training.searches:
        if search.learner not in LEARNERS:
            yield f"learner {search.learner!r} is not one of {', '.join(LEARNERS)}"
        if learners.count(search.learner) > 1:
            yield f"learner {search.learner!r} is searched twice"
        yield from _range_problems(search, LEARNERS.get(search.learner))
        if contract.target.interval and not getattr(LEARNERS.get(search.learner), "intervals", True):
            yield f"the target has an interval, which models of {search.learner!r} do not tell"
    yield from _rival_problems(learners)
    yield from _tuning_problems(training.tuning)
    yield from _promotion_problems(training.promotion, contract)
    if training.schedule is not None and not re.fullmatch(SCHEDULE, training.schedule):
        yield f"schedule {training.schedule!r} must be cron(six fields) or rate(number unit)"
    yield from _retraining_problems(training.retraining)


def _retraining_problems(retraining: Retraining) -> Iterator[str]:
    for name, (low, high) in RETRAINING.items():
        if not low <= getattr(retraining, name) <= high:
            yield f"retraining: {name} {getattr(retraining, name):g} must be from {low:g} to {high:g}"


def _rival_problems(learners: list[str]) -> Iterator[str]:
    """One container judges all learners of a training."""
    if len(learners) > MOST_LEARNERS:
        yield f"{len(learners)} learners are searched; one evaluation compares {MOST_LEARNERS} at most"
    frameworks = {LEARNERS[each].framework for each in learners if each in LEARNERS}
    if "pytorch" in frameworks and len(frameworks) > 1:
        yield f"learners {', '.join(learners)} share no container; PyTorch's holds no other's library"


def _tuning_problems(tuning: Tuning) -> Iterator[str]:
    if not 1 <= tuning.jobs <= MOST_JOBS:
        yield f"tuning runs {tuning.jobs} jobs; allowed is 1 to {MOST_JOBS}"
    if not 1 <= tuning.parallel <= min(tuning.jobs, MOST_PARALLEL):
        yield (
            f"tuning runs {tuning.parallel} of {tuning.jobs} jobs at once; "
            f"allowed is 1 to {MOST_PARALLEL}, and no more than there are"
        )


def _range_problems(search: Rival, learner: Learner | None) -> Iterator[str]:
    known = learner.hyperparameters if learner else None
    for span in search.ranges:
        if known is not None and span.name not in known:
            yield f"range {span.name!r} is not one of {', '.join(known)}"
        if not span.low < span.high:
            yield f"range {span.name}: low {span.low} must be below high {span.high}"
        if span.scaling == "Logarithmic" and span.low <= 0:
            yield f"range {span.name}: a logarithmic range must start above 0, got {span.low}"


def _promotion_problems(promotion: Promotion, contract: Contract) -> Iterator[str]:
    metrics = _metrics(contract)
    gates = [(f"profile {each.name}", gate.metric) for each in promotion.profiles for gate in each.gates]
    for where, metric in [("promotion", promotion.metric), *gates]:
        if metric not in metrics:
            yield f"{where} reads metric {metric!r}; the evaluation has {', '.join(metrics)}"
    if promotion.metric in FLOORS_ONLY:
        yield f"promotion compares {promotion.metric!r}, which is for floors alone"
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


def _metrics(contract: Contract) -> dict[str, bool]:
    if contract.placement:
        return PLACEMENT_METRICS
    if contract.target.classes:
        return CLASS_METRICS
    return FORECAST_METRICS if contract.target.horizons else NUMBER_METRICS


def _serving_problems(spec: ModelSpec) -> Iterator[str]:
    if spec.function:
        yield from _function_problems(spec.function)
    if spec.router:
        yield from _router_problems(spec, spec.router)
    if spec.endpoint:
        yield from _endpoint_problems(spec.endpoint)
        if not _runs_at_an_endpoint(spec):
            yield "an endpoint answers from the XGBoost container, and no forecasts; serve it in a function"


def _runs_at_an_endpoint(spec: ModelSpec) -> bool:
    learners = [LEARNERS.get(each.learner) for each in spec.training.searches] if spec.training else []
    fits = all(learner is None or learner.framework == "xgboost" for learner in learners)
    return spec.training is not None and fits and not spec.contract.target.horizons


def _function_problems(serving: InFunction) -> Iterator[str]:
    for name, (low, high) in (("memory_mb", FUNCTION_MB), ("timeout_s", FUNCTION_S)):
        if not low <= getattr(serving, name) <= high:
            yield f"{name} {getattr(serving, name)} must be from {low} to {high}"
    if serving.remediate_above is not None and not 0 < serving.remediate_above <= 1:
        yield f"remediate_above {serving.remediate_above:g} must be above 0 and at most 1"
    if not 1 <= serving.cooldown_minutes <= 10_080:
        yield f"cooldown_minutes {serving.cooldown_minutes} must be from 1 to 10080"


def _router_problems(spec: ModelSpec, serving: Router) -> Iterator[str]:
    if not re.fullmatch(FORWARD, serving.forward):
        yield f"forward {serving.forward!r} must be / and one name in kebab-case, other than /predict"
    if spec.contract.placement is None:
        yield "a router forwards to the platforms of a placement; the contract has none"
    if spec.contract.fallback is None:
        yield "a router must have a rule to fall back on"


def _endpoint_problems(serving: RealTimeEndpoint) -> Iterator[str]:
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


def _contract_problems(contract: Contract) -> Iterator[str]:
    """Names that a contract's parts use for each other must exist."""
    names = [feature.name for feature in contract.record.given]
    yield from _rule_problems(contract, names)
    for feature in contract.record.features:
        if feature.categories and (feature.missing != "refuse" or feature.example not in feature.categories):
            yield f"feature {feature.name} has categories: it must be required, its example one of them"
        yield from _name_feature_problems(contract, feature)
    kept = contract.record.history.records if contract.record.history else 1
    if not 1 <= contract.steps <= kept:
        yield f"the model reads {contract.steps} records of an entity; its history keeps {kept}"
    if contract.target.ahead_of and contract.target.ahead_of not in names:
        yield f"the forecast is of {contract.target.ahead_of!r}, which is not a feature"
    if contract.advice:
        yield from _advice_problems(contract, contract.advice)
    if contract.target.interval and (
        not 0 < contract.target.interval < 1 or contract.advice is None or not contract.target.classes
    ):
        yield f"interval {contract.target.interval:g} must be below 1, and of a risk that advice tells of"
    if contract.placement:
        yield from _placement_problems(contract, contract.placement)
    if contract.optimizer:
        yield from optimizer_problems(contract, contract.optimizer)


def _placement_problems(contract: Contract, placement: Placement) -> Iterator[str]:
    if len(contract.target.classes) != 2:
        yield f"a placement is between two platforms; the target has {len(contract.target.classes)} classes"
    if not LIKELIER <= placement.lambda_from <= 1:
        yield f"lambda_from {placement.lambda_from:g} must be from {LIKELIER:g} to 1"
    loads = next((each.categories for each in contract.record.given if each.name == LOAD), ())
    for load in placement.busy_loads:
        if load not in loads:
            yield f"busy load {load!r} is none that {LOAD} tells of: {', '.join(loads) or '(none)'}"


def _rule_problems(contract: Contract, names: list[str]) -> Iterator[str]:
    """A rule must read a feature and answer what the model itself could answer."""
    rule = contract.fallback
    if rule is None:
        return
    parts = rule.rules if isinstance(rule, Fallback) else rule.points
    for part in parts:
        if part.feature not in names:
            yield f"fallback rule reads {part.feature!r}, which records do not hold"
    if isinstance(rule, Fallback):
        answers = (*(part.answer for part in rule.rules), rule.otherwise)
    else:
        answers = (rule.positive, rule.negative)
    for answer in answers:
        if problem := contract.target.problem(answer):
            yield f"fallback answer {problem}"


def _name_feature_problems(contract: Contract, feature: Feature) -> Iterator[str]:
    if feature.names and feature.problem(feature.example):
        yield f"feature {feature.name} has names: its example {feature.problem(feature.example)}"
    if not feature.cut:
        return
    named = [each.name for each in contract.record.given if each.names]
    whole = len(feature.cut) == 2 and feature.cut[0] in named and re.compile(feature.cut[1]).groups == 1
    if not whole or feature.missing != "compute":
        yield (
            f"feature {feature.name} is cut: it must be computed, and name a feature of"
            f" {', '.join(named) or '(none)'} and a pattern with one group"
        )


def _advice_problems(contract: Contract, advice: Advice) -> Iterator[str]:
    classes = contract.target.classes
    if not classes and (advice.calm or advice.actions):
        yield "advice on a number has levels alone: neither a calm class nor actions of classes"
    for label in (advice.calm, *dict(advice.actions)) if classes else ():
        if label not in classes:
            yield f"advice names class {label!r}; the target has {', '.join(classes) or 'none'}"
    floors = [level.at_least for level in advice.levels]
    if not floors or floors != sorted(floors, reverse=True) or floors[-1] != 0:
        yield f"advice has levels at {floors}; they must fall, down to 0"
