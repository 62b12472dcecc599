"""The simulated platforms: what is billed, what waits, what starts cold, and that no request is lost."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.models.placement import TWINS
from sources.placement_request import compare, traffic, work, world
from sources.placement_request.function import COLD, THROTTLED, WARM, Function
from sources.placement_request.service import Service
from sources.placement_request.traffic import Requests

COUNT = 6_000


def steady(every_s, count=COUNT, workload=1, payload_kb=400.0, since=float(traffic.MONDAY_S)):
    time = since + every_s * np.arange(count)
    same = np.full(count, workload)
    return Requests(time, same, np.full(count, payload_kb), np.ones(count, np.int64))


def served(requests, place, placement=TWINS, seed=1):
    chance = work.draw(np.random.default_rng(seed), requests)
    chosen = np.full(len(requests), place)
    return chance, world.run(requests, chance, placement, chosen, np.random.default_rng(seed))


def service(tasks=2, **twin):
    return Service(replace(TWINS.service, **twin), 0.0, tasks, [45.0] * 9)


def test_invocations_are_billed_as_the_price_list_says():
    billed = [0.2, 1.0, 1.01, 250.0]
    found = world.invocations_usd(np.array(billed), TWINS)
    assert found.tolist() == pytest.approx([TWINS.function.cost_usd(each, TWINS.prices) for each in billed])
    assert found[0] == found[1] < found[2]


def test_an_instance_is_reused_while_it_is_kept():
    function = Function(limit=2)
    assert function.look(0, 300) == COLD
    function.take(COLD, 1)
    assert function.look(0.5, 300) == COLD
    function.take(COLD, 2)
    assert function.look(0.9, 300) == THROTTLED
    assert function.look(1.5, 300) == WARM
    assert function.look(303, 300) == COLD


def test_cold_starts_are_rarer_under_steady_load():
    _, often = served(steady(1.0), world.LAMBDA)
    _, seldom = served(steady(400.0, 500), world.LAMBDA)
    assert often.cold.mean() < 0.01 < 0.5 < seldom.cold.mean()
    assert np.median(seldom.met.latency_ms[seldom.cold, 0]) > np.median(often.met.latency_ms[:, 0]) + 100


def test_a_payload_above_the_limit_fails_on_the_function_alone():
    requests = steady(1.0, 200, payload_kb=TWINS.function.limit_kb + 1)
    _, run = served(requests, world.LAMBDA)
    assert (run.met.error[:, 0] == 1).all()
    assert (run.met.cost_usd[:, 0] == 0).all()
    assert run.met.error[:, 1].mean() < 0.05


def test_a_full_service_makes_wait_in_order():
    busy = service(tasks=1, min_tasks=1, concurrency=2)
    for _ in range(2):
        assert busy.look(0.0, 1.0)[0] == 0
        busy.take(10.0, 0.1, 1.0)
    wait, _ = busy.look(1.0, 1.0)
    assert wait == 9
    busy.take(1 + wait + 5, 0.1, 1.0)
    assert busy.look(2.0, 1.0)[0] == 8
    assert busy.look(10.5, 1.0)[0] == 0


def test_neighbours_slow_the_work_down():
    busy = service(tasks=1, min_tasks=1, vcpu=0.5, concurrency=4)
    assert busy.look(0.0, 1.0)[1] == 2
    busy.take(5.0, 0.1, 1.0)
    assert busy.look(0.0, 1.0)[1] == 4
    busy.take(5.0, 0.1, 0.5)
    assert busy.look(0.0, 1.0)[1] == 5


def test_the_fleet_follows_its_work_with_a_lag_and_is_paid():
    fleet, seen = service(concurrency=50), {}
    for second in range(7200):
        fleet.look(float(second), 1.0)
        if second < 3600:
            fleet.take(second + 0.1, 1.5, 1.0)
        seen[second] = fleet.ready
    assert seen[150] == 2 < seen[1200] <= TWINS.service.max_tasks
    assert seen[3590] * TWINS.service.vcpu * TWINS.service.target_utilisation > 1.2
    assert seen[3900] == seen[3590] > seen[7199] == TWINS.service.min_tasks
    assert 2 * 7200 < fleet.paid(7200.0) < max(seen.values()) * 7200


def rush(every_s, count):
    """Five calm minutes before it."""
    parts = steady(0.1, 3_000), steady(every_s, count, since=traffic.MONDAY_S + 300.0)
    return Requests(
        *(np.concatenate(each) for each in zip(*(vars(part).values() for part in parts), strict=True))
    )


def test_a_burst_makes_the_service_wait_and_the_function_not():
    _, run = served(rush(0.004, 3_000), world.ECS)
    assert run.wait_s[:2_000].max() == 0 < np.median(run.wait_s[-1_000:])
    _, spared = served(rush(0.004, 3_000), world.LAMBDA)
    assert (spared.wait_s == 0).all()


def test_a_request_costs_the_fleet_nothing_while_it_is_at_its_least():
    chance, run = served(rush(0.01, 60_000), world.ECS)
    least = run.tasks == TWINS.service.min_tasks
    assert least[:3_000].all()
    assert not least[-1_000:].any()
    assert (run.met.cost_usd[least, 1] == 0).all()
    grown = np.flatnonzero(~least & (run.wait_s == 0))[0]
    cpu_ms = float(chance.cpu[grown] * chance.service_run[grown])
    assert run.met.cost_usd[grown, 1] == pytest.approx(TWINS.service.cost_usd(cpu_ms, TWINS.prices))


@pytest.mark.parametrize("policy", ["lambda", "ecs", "oracle", "array", "callable"])
def test_no_request_is_lost_and_all_money_is_told(policy):
    requests = compare.draw(5_000, 3)
    sides = np.arange(5_000) % 2
    given = {"array": sides, "callable": lambda asked: sides[: len(asked)]}.get(policy, policy)
    found = compare.simulate(requests, given, TWINS, router=compare.Router(2.0, 1e-7))
    plain = compare.simulate(requests, given, TWINS)
    assert len(found.chosen) == len(found.latency_ms) == len(found.error) == 5_000
    assert (found.latency_ms - plain.latency_ms).tolist() == pytest.approx([2.0] * 5_000)
    assert found.cost_usd == pytest.approx(found.function_usd + found.service_usd + 5_000 * 1e-7)
    assert {"lambda": found.service_usd, "ecs": found.function_usd}.get(policy, 0) == 0
    told = compare.summary(found, TWINS)
    assert told["cost_usd"] == pytest.approx(found.cost_usd / 5_000 * 1e6)
    assert told["p50_ms"] <= told["p95_ms"] <= told["p99_ms"]


def test_the_oracle_takes_the_lesser_burden_and_leaves_less_than_either_alone():
    requests = compare.draw(40_000, 4, start_s=traffic.MONDAY_S + 36_000)
    alone, fleet, oracle = (
        compare.simulate(requests, each, TWINS, seed=4) for each in ("lambda", "ecs", "oracle")
    )
    told = [compare.summary(each, TWINS)["burden_usd"] for each in (alone, fleet, oracle)]
    assert (oracle.chosen == oracle.best).mean() > 0.999
    assert told[2] < min(told[:2])


def test_a_policy_that_is_none_is_refused():
    requests = compare.draw(100, 1)
    with pytest.raises(ValueError, match="lambda, ecs, oracle or an array of platforms, got 'cheapest'"):
        compare.simulate(requests, "cheapest", TWINS)
    with pytest.raises(ValueError, match="all 100 requests, got 3"):
        compare.simulate(requests, np.zeros(3, np.int64), TWINS)


def test_callers_know_the_load_of_the_last_minutes():
    usual = np.arange(0, 900, 1 / traffic.RATE)
    assert traffic.LOAD_PATTERNS[traffic.load(usual, 0.0)[-1]] == "medium_load"
    assert traffic.LOAD_PATTERNS[traffic.load(usual[::3], 0.0)[-1]] == "low_load"
    assert traffic.LOAD_PATTERNS[traffic.load(usual / 2, 0.0)[-1]] == "high_load"
    sudden = np.sort(np.concatenate((usual, 860 + np.arange(0, 40, 1 / traffic.RATE / 3))))
    assert traffic.LOAD_PATTERNS[traffic.load(sudden, 0.0)[-1]] == "burst_load"


@pytest.mark.parametrize(
    ("pattern", "least", "most"), [("steady", 0.6, 1.6), ("night", 0.1, 0.5), ("burst", 1.0, 4.0)]
)
def test_patterns_of_arrivals_are_as_dense_as_they_are_named(pattern, least, most):
    found = traffic.between(np.random.default_rng(2), traffic.MONDAY_S, traffic.MONDAY_S + 7200, pattern)
    assert least < len(found) / 7200 / traffic.RATE < most
