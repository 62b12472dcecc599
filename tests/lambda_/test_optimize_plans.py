"""Optimal choices against enumeration on small instances; explanations and refusals that hold."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from catalog.contract import Optimizer
from catalog.models.zone import ZONE
from optimize.dominance import dominated
from optimize.explaining import Explainer
from optimize.figures import Figures
from optimize.finding import Finder, Found
from optimize.fleet import Fleet
from optimize.requirement import Requirement
from optimize.solver import Solver

assert ZONE.contract.optimizer
EXACT: Optimizer = dataclasses.replace(
    ZONE.contract.optimizer, search=dataclasses.replace(ZONE.contract.optimizer.search, gap=1e-7)
)
NEAR = 1e-6
SIFTED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much],
)
Case = tuple[list[dict[str, Any]], dict[str, float], dict[tuple[str, str], float]]


@dataclass
class Solved:
    fleet: Fleet
    requirement: Requirement
    finder: Finder
    found: Found

    @property
    def figures(self) -> Figures:
        assert self.found.counts is not None
        return Figures(self.fleet, self.requirement, self.found.counts)


def solved(case: Case, **changed: float) -> Solved:
    options, values, distances = case
    fleet, requirement = Fleet.of(EXACT, options, distances), Requirement.of(EXACT, {**values, **changed})
    finder = Finder(Solver(EXACT.search))
    return Solved(fleet, requirement, finder, finder.best(fleet, requirement))


def enumerated(fleet: Fleet, requirement: Requirement) -> float | None:
    """The least objective of all choices there are, by the definitions alone."""
    ranges = [range(int(most) + 1) for most in fleet.most]
    fitting = (c for c in itertools.product(*ranges) if any(c) and fits(fleet, requirement, np.array(c)))
    return min((Figures(fleet, requirement, np.array(c)).objective for c in fitting), default=None)


def fits(fleet: Fleet, requirement: Requirement, counts: Any) -> bool:
    """Written anew: what the programme's rows mean."""
    values, group = requirement.values, np.array([option["zone"] for option in fleet.options])
    names = sorted(set(group))
    column = {n: np.array([float(o[n]) for o in fleet.options]) for n in ("vcpu", "memory_gb")}
    column["one"] = np.ones(len(fleet))
    asked = [
        (c, values[n])
        for n, c in (("vcpus", "vcpu"), ("memory_gb", "memory_gb"), ("instances", "one"))
        if n in values
    ]
    for name, value in asked:
        sums = [float((column[name] * counts)[group == zone].sum()) for zone in names]
        failing = itertools.combinations(sums, min(len(sums), int(values.get("survive_zones", 0))))
        if any(sum(sums) - sum(lost) < value - NEAR for lost in failing):
            return False
    weight = column[asked[0][0]] * counts
    used = sorted({zone for zone, count in zip(group, counts, strict=True) if count})
    risk = np.array([option["interruption_probability"] for option in fleet.options])
    apart = [d for ends, d in fleet.distances.items() if set(ends) <= set(used)]
    return bool(
        fleet.cost @ counts <= values.get("max_usd_per_hour", np.inf) + NEAR
        and risk @ weight <= (values.get("max_interruption", 1) + NEAR) * weight.sum()
        and len(used) >= values.get("min_zones", 1)
        and all(
            weight[group == z].sum() <= (values.get("max_zone_share", 1) + NEAR) * weight.sum() for z in names
        )
        and max(apart, default=0) <= values.get("max_latency_ms", np.inf)
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zones = [f"z-{n}" for n in range(draw(st.integers(1, 3)))]
    pairs = [(zone, kind) for zone in zones for kind in ("a.s", "b.l")]
    options = [
        {
            "zone": zone,
            "instance_type": kind,
            "market": "spot",
            "price_usd": draw(st.sampled_from([0.1, 0.15, 0.2, 0.35, 0.5])),
            "vcpu": draw(st.sampled_from([1, 2, 4])),
            "memory_gb": draw(st.sampled_from([2, 4, 16])),
            "capacity": draw(st.integers(0, 3)),
            "interruption_probability": draw(st.sampled_from([0.0, 0.05, 0.2])),
        }
        for zone, kind in draw(st.permutations(pairs))[: draw(st.integers(1, 5))]
    ]
    values = {
        "vcpus": draw(st.sampled_from([None, 1, 3, 6, 10])),
        "memory_gb": draw(st.sampled_from([None, 4, 20])),
        "instances": draw(st.sampled_from([None, 2, 4])),
        "max_usd_per_hour": draw(st.sampled_from([None, None, 0.4, 0.9, 2])),
        "max_interruption": draw(st.sampled_from([None, None, 0.03, 0.1])),
        "min_zones": draw(st.sampled_from([None, 1, 2, 3])),
        "max_zone_share": draw(st.sampled_from([None, None, 0.4, 0.55, 0.7])),
        "survive_zones": draw(st.sampled_from([None, 0, 1, 2])),
        "max_latency_ms": draw(st.sampled_from([None, None, 0.5, 1.0])),
        "risk_usd": draw(st.sampled_from([0, 0.3])),
    }
    assume(any(values[name] is not None for name in ("vcpus", "memory_gb", "instances")))
    between = itertools.combinations(sorted({option["zone"] for option in options}), 2)
    distances = {pair: draw(st.sampled_from([0.3, 0.8, 1.5])) for pair in between}
    return options, {name: float(value) for name, value in values.items() if value is not None}, distances


@settings(max_examples=150, deadline=None, derandomize=True)
@given(case=cases())
def test_the_choice_is_the_best_that_enumeration_finds(case: Case) -> None:
    made = solved(case)
    best = enumerated(made.fleet, made.requirement)
    assert made.found.proven
    assert (made.found.counts is None) is (best is None)
    if best is not None:
        assert abs(made.figures.objective - best) < 1e-5
        assert fits(made.fleet, made.requirement, made.figures.counts)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(case=cases(), data=st.data())
def test_the_order_sent_changes_nothing(case: Case, data: st.DataObject) -> None:
    options, values, distances = case
    other = data.draw(st.permutations(options)), values, {tuple(reversed(k)): v for k, v in distances.items()}
    one, two = solved(case), solved(other)  # type: ignore[arg-type] # the ends stay two
    assert one.found.value == two.found.value
    if one.found.counts is not None:
        assert one.figures.counts.tolist() == two.figures.counts.tolist()
        assert one.fleet.options == two.fleet.options


@SIFTED
@given(case=cases())
def test_what_binds_saves_what_is_told(case: Case) -> None:
    made = solved(case)
    assume(made.found.counts is not None)
    bindings, explained = Explainer(made.finder, made.fleet, made.requirement).binding(
        made.found, made.figures
    )
    assert explained
    told = {each.limit.name: each for each in bindings if each.limit}
    for limit, looser in steps(made.requirement):
        again = enumerated(made.fleet, made.requirement.asks(limit, looser))
        saves = made.found.value - (again or 0)
        assert (limit.name in told) is (saves > 1e-5), limit.name
        if limit.name in told:
            assert abs(told[limit.name].saves - saves) < 1e-5
            assert told[limit.name].looser == looser


def steps(requirement: Requirement) -> Iterator[tuple[Any, float]]:
    for limit in requirement.limits:
        value, sign = requirement.values[limit.name], -1 if limit.least else 1
        least = 1 if limit.kind == "groups" else limit.feature.minimum
        looser = min(max(value + sign * limit.step, least), limit.feature.maximum or np.inf)
        if round(looser, 9) != value:
            yield limit, round(looser, 9)


@SIFTED
@given(case=cases())
def test_loosened_as_told_it_can_be_met(case: Case) -> None:
    made = solved(case)
    assume(made.found.counts is None and bool(made.fleet.most.any()))
    changes, any_one = Explainer(made.finder, made.fleet, made.requirement).changes()
    options, values, distances = case
    together: Mapping[str, float] = {each.limit.name: each.value for each in changes}
    tried = [{name: value} for name, value in together.items()] if any_one else [together]
    assert changes
    for change in tried:
        assert solved((options, {**values, **change}, distances)).found.counts is not None, change
    for each in changes:
        asked = values[each.limit.name]
        assert each.value < asked if each.limit.least else each.value > asked


@SIFTED
@given(case=cases(), room=st.sampled_from([4, 9]))
def test_without_dominated_options_the_best_is_as_good(case: Case, room: int) -> None:
    options, values, distances = case
    whole = [{**option, "capacity": room} for option in options[:3]]
    fleet, requirement = Fleet.of(EXACT, whole, distances), Requirement.of(EXACT, values)
    best = enumerated(fleet, requirement)
    assume(best is not None)
    gone = dominated(fleet, requirement, best + NEAR)
    left = enumerated(fleet.only(np.flatnonzero(~gone)), requirement)
    assert left is not None
    assert abs(left - best) < NEAR


def gone(prices: list[float], vcpus: list[int], values: dict[str, float], value: float = 1.0) -> list[bool]:
    """Which of options of one zone, the first of which is plentiful, are dominated."""
    option = {"zone": "z-0", "market": "spot", "memory_gb": 4, "interruption_probability": 0.0}
    options = [
        {**option, "instance_type": f"a.{n}", "price_usd": price, "vcpu": vcpu, "capacity": 1 if n else 100}
        for n, (price, vcpu) in enumerate(zip(prices, vcpus, strict=True))
    ]
    fleet, requirement = Fleet.of(EXACT, options, {}), Requirement.of(EXACT, {"vcpus": 8.0, **values})
    return dominated(fleet, requirement, value).tolist()


def test_what_is_no_better_is_dominated_where_there_is_room() -> None:
    assert gone([0.1, 0.2, 0.4], [2, 2, 8], {}) == [False, True, True]
    assert gone([0.1, 0.2, 0.39], [2, 2, 8], {}) == [False, True, False]
    assert gone([0.1, 0.2], [2, 2], {}, value=100.0) == [False, False]


def test_of_equals_one_stays() -> None:
    assert gone([0.1, 0.1], [2, 2], {}) == [False, True]


def test_where_shares_count_only_the_same_capacity_replaces() -> None:
    assert gone([0.1, 0.3], [2, 3], {}) == [False, True]
    assert gone([0.1, 0.3], [2, 3], {"max_zone_share": 1.0}) == [False, False]
    assert gone([0.1, 0.3], [2, 4], {"max_zone_share": 1.0}) == [False, True]


def test_of_equals_the_first_is_chosen() -> None:
    option = {"zone": "z-0", "market": "spot", "price_usd": 0.1, "vcpu": 2, "memory_gb": 4, "capacity": 3}
    names = ("c.x", "a.x", "b.x")
    options = [{**option, "instance_type": name, "interruption_probability": 0.0} for name in names]
    made = solved((options, {"vcpus": 8.0}, {}))
    assert {o["instance_type"]: n for o, n in zip(made.fleet.options, made.figures.counts, strict=True)} == {
        "a.x": 3,
        "b.x": 1,
        "c.x": 0,
    }


def test_a_large_request_is_bounded_and_tells_what_is_left() -> None:
    """Hundreds of options in six zones of which two may fail: sought within bounds, the gap told."""
    rng = np.random.default_rng(3)
    options = [
        {
            "zone": f"z-{n % 6}",
            "instance_type": f"m.{n}",
            "market": "spot",
            "price_usd": round(float(rng.uniform(0.02, 1.5)), 4),
            "vcpu": int(rng.choice([2, 4, 8, 16])),
            "memory_gb": int(rng.choice([4, 16, 64])),
            "capacity": int(rng.integers(1, 30)),
            "interruption_probability": round(float(rng.uniform(0, 0.2)), 3),
        }
        for n in range(300)
    ]
    values = {
        "vcpus": 900.0,
        "memory_gb": 3000.0,
        "survive_zones": 2.0,
        "max_interruption": 0.08,
        "risk_usd": 0.05,
    }
    made = solved((options, values, {}))
    assert made.found.counts is not None
    assert fits(made.fleet, made.requirement, made.figures.counts)
    assert made.found.bound <= made.found.value + NEAR
    assert type(made.found.proven) is bool
    assert made.found.proven is (made.found.gap <= EXACT.search.gap + 1e-9)
