"""A spec says everything that is wrong with it, at once; a registry refuses what two models claim."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.checks import KEBAB, LONGEST_NAME
from catalog.contract import Fallback, Rule
from catalog.known import CLASS_METRICS, FLOORS_ONLY, LEARNERS, NUMBER_METRICS
from catalog.models import MODELS
from catalog.models.iops_risk import IOPS_RISK
from catalog.registry import PLATFORM_STACKS, checked
from catalog.spec import Continuous, Gate, Integer, ModelSpec, Profile, RealTimeEndpoint

Change = Callable[[ModelSpec], ModelSpec]
ENDPOINT_MODELS = [spec for spec in MODELS if isinstance(spec.serving, RealTimeEndpoint)]
models = pytest.mark.parametrize("spec", ENDPOINT_MODELS, ids=lambda spec: spec.name)


def named(name: str, spec: ModelSpec = IOPS_RISK) -> ModelSpec:
    return replace(spec, contract=replace(spec.contract, name=name), route=f"/api/predict/{name}")


def of(part: str, **changes: Any) -> Change:
    return lambda spec: replace(spec, **{part: replace(getattr(spec, part), **changes)})


def trained(part: str = "", **changes: Any) -> Change:
    """Changes of a model's training, or of a part of it."""

    def change(spec: ModelSpec) -> ModelSpec:
        found = {part: replace(getattr(spec.trained, part), **changes)} if part else changes
        return replace(spec, training=replace(spec.trained, **found))

    return change


def whole(**changes: Any) -> Change:
    return lambda spec: replace(spec, **changes)


def profiles(*found: Profile) -> Change:
    return trained("promotion", profiles=found)


@models
def test_every_problem_is_told_at_once(spec: ModelSpec) -> None:
    wrong = (Continuous("eta", 0.5, 0.1), Continuous("gamma", 0, 1, "Logarithmic"))
    rule = Fallback((Rule("colour", ">", 1, "purple"),), "purple")
    with pytest.raises(ValueError, match=f"model '{spec.name}'") as raised:
        replace(
            spec,
            training=replace(
                spec.trained,
                learner="oracle",
                tuning=replace(spec.trained.tuning, ranges=wrong, jobs=3, parallel=4),
                promotion=replace(spec.trained.promotion, profiles=()),
            ),
            route="predict",
            serving=RealTimeEndpoint(min_instances=4),
            contract=replace(spec.contract, fallback=rule),
        )
    told = str(raised.value)
    for word in (
        "'oracle'",
        "'predict'",
        "eta: low 0.5",
        "gamma: a log",
        "4 of 3",
        "4 to 3",
        "live",
        "'colour'",
    ):
        assert word in told
    assert told.count("fallback answer must be") == 2


@models
@pytest.mark.parametrize(
    ("change", "told"),
    [
        *((whole(route=f"/api/{name}"), f"route '/api/{name}'") for name in ("insights", "models", "health")),
        (whole(route="/api/predict/Risk"), "kebab-case"),
        (whole(route="/api/predict/risk/"), "kebab-case"),
        (trained(schedule="monthly"), "schedule 'monthly'"),
        (trained(schedule="cron(0 3 1 *)"), "six fields"),
        (trained(schedule="rate(0 days)"), "schedule"),
        (trained("retraining", drift_psi=0.01), "retraining: drift_psi 0.01 must be from 0.05 to 10"),
        (trained("retraining", drifted_share=0), "drifted_share 0"),
        (trained("retraining", window_days=31), "window_days 31 must be from 1 to 30"),
        (trained("retraining", cooldown_days=0), "cooldown_days 0"),
        (trained("retraining", most_starts=0), "most_starts 0"),
        (trained("retraining", least_fresh_rows=5), "least_fresh_rows 5 must be from 20"),
        (trained("promotion", metric="loss"), "promotion reads metric 'loss'"),
        (profiles(Profile("live", (Gate("beauty", ">", 1),))), "profile live reads metric 'beauty'"),
        (profiles(Profile("synthetic", ())), "live must be among them"),
        (profiles(Profile("live", ()), Profile("My Data", ())), "'My Data'"),
        (profiles(Profile("live", ()), Profile("live", ())), "stand once"),
        (trained("promotion", margin=-0.1), "margin -0.1"),
        (trained("promotion", margin=float("nan")), "margin nan"),
        (trained("tuning", jobs=0, parallel=0), "0 jobs; allowed is 1 to 500"),
        (trained("tuning", jobs=501), "501 jobs"),
        (trained("tuning", parallel=0), "0 of 50"),
        (trained("tuning", parallel=11), "allowed is 1 to 10"),
        (trained("tuning", ranges=(Integer("depth", 1, 9),)), "range 'depth' is not one of eta, max_depth"),
        (of("serving", data_capture_percent=-1), "data_capture_percent -1"),
        (of("serving", data_capture_percent=101), "from 0 to 100"),
        (of("serving", scale_in_cooldown_s=-1), "scale_in_cooldown_s -1"),
        (of("serving", scale_out_cooldown_s=-1), "scale_out_cooldown_s -1"),
        (of("serving", target_invocations=0), "target_invocations 0"),
        (of("alarms", period_minutes=0), "period_minutes 0"),
        (of("alarms", latency_periods=0), "latency_periods 0"),
        (of("alarms", max_latency_ms=0), "max_latency_ms 0"),
        (of("alarms", max_age_days=-3), "max_age_days -3"),
        (of("alarms", max_cpu_percent=101), "at most 100"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(spec: ModelSpec, change: Change, told: str) -> None:
    with pytest.raises(ValueError, match=f"model '{spec.name}'") as raised:
        change(spec)
    assert told in str(raised.value)


@models
def test_each_metric_has_its_better_side(spec: ModelSpec) -> None:
    metrics = CLASS_METRICS if spec.contract.target.classes else NUMBER_METRICS
    for metric, higher in metrics.items():
        if metric in FLOORS_ONLY:
            continue
        trained("promotion", metric=metric, higher_is_better=higher)(spec)
        with pytest.raises(ValueError, match=f"of {metric} {higher} holds"):
            trained("promotion", metric=metric, higher_is_better=not higher)(spec)


@models
def test_another_kind_of_target_has_other_metrics(spec: ModelSpec) -> None:
    for metric in NUMBER_METRICS if spec.contract.target.classes else CLASS_METRICS:
        with pytest.raises(ValueError, match=f"reads metric '{metric}'"):
            trained("promotion", metric=metric)(spec)


@models
def test_an_alarm_may_be_left_out(spec: ModelSpec) -> None:
    of("alarms", max_latency_ms=None, max_cpu_percent=None, max_age_days=None)(spec)


@given(st.from_regex(rf"[a-z](?:{KEBAB})?", fullmatch=True))
def test_a_kebab_name_is_taken_up_to_its_length(name: str) -> None:
    if len(name) <= LONGEST_NAME:
        assert named(name).name == name
    else:
        with pytest.raises(ValueError, match="no longer than 24"):
            named(name)


@given(st.text(st.characters(exclude_categories=["Ll", "Nd"], exclude_characters="-"), min_size=1))
def test_a_name_of_other_characters_is_refused(stranger: str) -> None:
    for name in (stranger, f"risk{stranger}", f"risk-{stranger}"):
        with pytest.raises(ValueError, match="must be kebab-case"):
            replace(IOPS_RISK, contract=replace(IOPS_RISK.contract, name=name))


@pytest.mark.parametrize("name", ["", "9-lives", "-risk", "risk-", "a--b", "Risk", "iops_risk", "risk\n"])
def test_a_name_that_is_not_kebab_case_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be kebab-case"):
        replace(IOPS_RISK, contract=replace(IOPS_RISK.contract, name=name))


def test_the_models_may_stand_beside_each_other() -> None:
    assert checked(*MODELS) == MODELS


def test_a_name_or_route_that_two_models_claim_is_refused() -> None:
    with pytest.raises(ValueError, match="name iops-risk is claimed by") as raised:
        checked(IOPS_RISK, replace(IOPS_RISK))
    assert "route /api/predict/risk is claimed by iops-risk and iops-risk; allowed is one" in str(
        raised.value
    )
    with pytest.raises(ValueError, match="stack A1b is claimed by a1b and a-1b"):
        checked(named("a1b"), named("a-1b"))


@pytest.mark.parametrize("stack", PLATFORM_STACKS)
def test_the_platforms_stacks_are_taken(stack: str) -> None:
    with pytest.raises(
        ValueError, match=f"stack {stack} is claimed by the platform itself and {stack.lower()}"
    ):
        checked(named(stack.lower()))


def test_an_endpoint_serves_what_its_container_can() -> None:
    for spec in MODELS:
        searches = spec.training.searches if spec.training else ()
        trees = [LEARNERS[each.learner].framework == "xgboost" for each in searches]
        if spec.function and not (trees and all(trees) and not spec.contract.target.horizons):
            with pytest.raises(ValueError, match="serve it in a function"):
                replace(spec, serving=RealTimeEndpoint())
