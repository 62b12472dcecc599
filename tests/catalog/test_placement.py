"""What the catalogue says of two platforms, and of the records that are to be placed."""

import dataclasses
from dataclasses import replace

import pytest

from catalog.examples import flat
from catalog.models import MODELS
from catalog.models.placement import PLACEMENT
from catalog.placement import FunctionTwin, Prices, ServiceTwin
from catalog.records.placement_request import WORKLOADS
from catalog.registry import checked
from catalog.spec import Rival, Router

CONTRACT = PLACEMENT.contract
PRICES = Prices(
    dated="2025-01-01",
    region="nowhere-1",
    lambda_gb_s=1.0,
    lambda_request=0.5,
    fargate_vcpu_h=3600.0,
    fargate_gb_h=7200.0,
)


def fields(record: object) -> set[str]:
    return {problem.field for problem in CONTRACT.check(record)}


def test_a_category_is_one_of_its_names_and_read_as_its_place() -> None:
    record = flat(CONTRACT.record)
    for place, name in enumerate(WORKLOADS):
        assert CONTRACT.encode({**record, "workload_type": name})[0] == place
    for bad in ("Lightweight_API", 0, None, ["lightweight_api"]):
        assert fields({**record, "workload_type": bad}) == {"workload_type"}


def test_other_categories_are_another_contract() -> None:
    first, *others = CONTRACT.record.features
    for categories in (("a", "b"), first.categories[::-1]):
        record = replace(
            CONTRACT.record, features=(replace(first, categories=categories, example="a"), *others)
        )
        assert replace(CONTRACT, record=record).hash != CONTRACT.hash


def test_what_is_computed_is_no_field_of_a_record() -> None:
    assert CONTRACT.record.derives
    assert len(CONTRACT.features) == 15
    for feature in CONTRACT.record.features[len(CONTRACT.record.given) :]:
        assert fields({**flat(CONTRACT.record), feature.name: 1.0}) == {feature.name}


def test_prices_change_no_contract() -> None:
    assert CONTRACT.placement
    dearer = replace(CONTRACT.placement, prices=PRICES)
    assert replace(CONTRACT, placement=dearer).hash == CONTRACT.hash


def test_how_sure_the_router_must_be_changes_no_contract_and_has_bounds() -> None:
    assert CONTRACT.placement
    for sure in (0.5, 1.0):
        placement = replace(CONTRACT.placement, lambda_from=sure)
        assert (
            replace(PLACEMENT, contract=replace(CONTRACT, placement=placement)).contract.hash == CONTRACT.hash
        )
    for unsure in (0.49, 1.01):
        placement = replace(CONTRACT.placement, lambda_from=unsure)
        with pytest.raises(ValueError, match=f"lambda_from {unsure} must be from 0.5 to 1"):
            replace(PLACEMENT, contract=replace(CONTRACT, placement=placement))


def test_under_a_busy_load_the_likelier_platform_is_taken() -> None:
    assert CONTRACT.placement
    placement = replace(CONTRACT.placement, lambda_from=0.75, busy_loads=("burst_load",))
    assert [placement.function_from(load) for load in ("low_load", "burst_load")] == [0.75, 0.5]
    unknown = replace(placement, busy_loads=("rush_hour",))
    with pytest.raises(
        ValueError, match="busy load 'rush_hour' is none that load_pattern tells of: low_load"
    ):
        replace(PLACEMENT, contract=replace(CONTRACT, placement=unknown))


@pytest.mark.parametrize(("run_ms", "usd"), [(0.2, 0.502), (1, 0.502), (1.01, 0.504), (1000, 2.5)])
def test_lambda_bills_each_millisecond_begun(run_ms: float, usd: float) -> None:
    assert FunctionTwin(memory_mb=2048).cost_usd(run_ms, PRICES) == pytest.approx(usd)


def test_a_service_pays_for_the_room_it_keeps() -> None:
    twin = ServiceTwin(vcpu=2, memory_gb=3, target_utilisation=0.5)
    assert twin.task_usd_s(PRICES) == pytest.approx(2 + 6)
    assert twin.cost_usd(1000, PRICES) == pytest.approx(8 / 2 / 0.5)


def test_a_router_needs_platforms_and_a_rule() -> None:
    bare = dataclasses.replace(CONTRACT, placement=None, fallback=None)
    with pytest.raises(ValueError, match=r"the contract has none; a router must have a rule"):
        replace(PLACEMENT, contract=bare)
    for forward in ("/predict", "route", "/a/b", "/predict-x"):
        with pytest.raises(ValueError, match="forward"):
            replace(PLACEMENT, serving=Router(forward=forward))


def test_its_forward_route_is_its_own() -> None:
    other = replace(
        PLACEMENT, contract=replace(CONTRACT, name="other"), route="/api/predict/other", aliases=()
    )
    with pytest.raises(ValueError, match="route /route is claimed by placement and other"):
        checked(PLACEMENT, other)


def test_a_learner_is_searched_once() -> None:
    training = PLACEMENT.trained
    twice = replace(training, rivals=(Rival(learner="xgboost", ranges=()),))
    with pytest.raises(ValueError, match="'xgboost' is searched twice"):
        replace(PLACEMENT, training=twice)
    unknown = replace(training, rivals=(Rival(learner="oracle", ranges=()),))
    with pytest.raises(ValueError, match="'oracle' is not one of"):
        replace(PLACEMENT, training=unknown)


def test_no_model_is_promoted_for_a_floor() -> None:
    promotion = replace(PLACEMENT.trained.promotion, metric="balance")
    with pytest.raises(ValueError, match="'balance', which is for floors alone"):
        replace(PLACEMENT, training=replace(PLACEMENT.trained, promotion=promotion))


def test_one_learner_is_one_search() -> None:
    for spec in MODELS:
        if spec.training:
            assert spec.training.searches[0].learner == spec.training.learner
            assert spec.training.searches[0].ranges == spec.training.tuning.ranges
