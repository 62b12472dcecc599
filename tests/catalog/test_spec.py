"""A spec says everything that is wrong with it, at once."""

from dataclasses import replace

import pytest

from catalog.contract import Fallback, Rule
from catalog.models import MODELS
from catalog.spec import Continuous, ModelSpec, RealTimeEndpoint


def test_names_and_routes_are_unique() -> None:
    assert len({spec.name for spec in MODELS}) == len({spec.route for spec in MODELS}) == len(MODELS)


@pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)
def test_every_problem_is_told_at_once(spec: ModelSpec) -> None:
    wrong = (Continuous("eta", 0.5, 0.1), Continuous("gamma", 0, 1, "Logarithmic"))
    rule = Fallback((Rule("colour", ">", 1, "purple"),), "purple")
    with pytest.raises(ValueError, match=f"model '{spec.name}'") as raised:
        replace(
            spec,
            learner="oracle",
            route="predict",
            tuning=replace(spec.tuning, ranges=wrong, jobs=3, parallel=4),
            serving=RealTimeEndpoint(min_instances=4),
            promotion=replace(spec.promotion, profiles=()),
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
        "profile",
        "'colour'",
    ):
        assert word in told
    assert told.count("fallback answer must be") == 2
