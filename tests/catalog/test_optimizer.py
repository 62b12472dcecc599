"""An optimiser's declaration is refused with every fault told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from catalog.contract import Contract, Distances, Limit, Optimizer
from catalog.models.zone import ZONE
from catalog.optimizer_checks import optimizer_problems

assert ZONE.contract.optimizer
OPTIMIZER: Optimizer = ZONE.contract.optimizer
Change = Callable[[Optimizer], Optimizer]


def of(**changes: Any) -> Change:
    return lambda made: replace(made, **changes)


def search(**changes: Any) -> Change:
    return lambda made: replace(made, search=replace(made.search, **changes))


def limit(name: str, **changes: Any) -> Change:
    """A change of one of its limits."""
    return lambda made: replace(
        made, limits=tuple(replace(each, **changes) if each.name == name else each for each in made.limits)
    )


def more(name: str) -> Change:
    """A limit declared once more."""
    return lambda made: replace(made, limits=(*made.limits, _named(made, name)))


def without(kind: str) -> Change:
    return lambda made: replace(made, limits=tuple(each for each in made.limits if each.kind != kind))


def _named(made: Optimizer, name: str) -> Limit:
    return next(each for each in made.limits if each.name == name)


def problems(change: Change, contract: Contract = ZONE.contract) -> list[str]:
    return list(optimizer_problems(contract, change(OPTIMIZER)))


def test_what_is_declared_is_sound() -> None:
    assert problems(of()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (of(cost="price_eur"), "reads 'price_eur', which options do not hold"),
        (of(capacity="room"), "reads 'room', which options do not hold"),
        (of(group="rack", identity=("rack",)), "reads 'rack', which options do not hold"),
        (of(identity=("instance_type",)), "must hold their group 'zone', got ('instance_type',)"),
        (without("supply"), "no limit of kind supply"),
        (more("survive_zones"), "2 limits of kind failures; allowed is one"),
        (more("risk_usd"), "2 limits of kind price; allowed is one"),
        (of(distances=None), "kind distance and distances go together"),
        (without("distance"), "kind distance and distances go together"),
        (more("vcpus"), "limit vcpus is declared twice"),
        (limit("vcpus", column="market"), "limit vcpus is on 'market', which is no number"),
        (limit("vcpus", column="cores"), "limit vcpus is on 'cores', which is no number"),
        (limit("max_interruption", column=""), "limit max_interruption must name the feature"),
        (limit("max_zone_share", step=0.0), "limit max_zone_share: step 0 must be above 0"),
        (limit("max_zone_share", digits=-1), "digits -1 at least 0"),
        (
            limit("min_zones", feature=replace(_named(OPTIMIZER, "min_zones").feature, example=0)),
            "limit min_zones: its example",
        ),
        (search(gap=1.0), "its gap below 1"),
        (search(gap=-0.1), "bounds must be above 0"),
        (search(effort=0), "bounds must be above 0"),
        (search(seconds=0), "bounds must be above 0"),
    ],
)
def test_a_fault_is_told(change: Change, told: str) -> None:
    assert any(told in each for each in problems(change)), problems(change)


def test_an_estimate_is_of_a_feature_of_the_options() -> None:
    assert OPTIMIZER.estimate
    change = of(estimate=replace(OPTIMIZER.estimate, feature="luck"))
    assert problems(change) == ["the estimate is of 'luck', which options do not hold"]


def test_every_fault_is_told_at_once_when_declared() -> None:
    wrong = search(effort=0)(of(cost="price_eur", distances=None)(OPTIMIZER))
    with pytest.raises(ValueError, match="price_eur") as raised:
        replace(ZONE, contract=replace(ZONE.contract, optimizer=wrong))
    assert all(each in str(raised.value) for each in ("go together", "bounds must be above 0"))


def test_a_gap_of_nothing_is_allowed() -> None:
    assert isinstance(OPTIMIZER.distances, Distances)
    assert problems(search(gap=0.0)) == []
