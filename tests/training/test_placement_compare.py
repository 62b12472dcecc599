"""The comparison of whole systems: the same load for all, and bills that add up."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalog.models.placement import PLACEMENT
from sources.placement_request import compare, traffic, work
from studies import placement_compare as study
from studies.placement_compare_bill import Asked, embedded, forwarding, function, unasked
from studies.placement_compare_effects import arrivals, mixed, requests_of, worked
from studies.placement_compare_frontier import THRESHOLDS, frontier
from studies.placement_compare_load import COMPARED, HOURS, TUNED, episodes, sample
from studies.placement_compare_policies import features, policies, sent
from tests.lambda_.serving import export

CONTRACT = PLACEMENT.contract
PLACED = CONTRACT.placement
assert PLACED
ASKED = Asked(handler_ms=1.5, inference_ms=0.2, hop_ms=9.0, memory_mb=512)
REQUESTS = 6000


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    path.write_bytes(export(CONTRACT, {"lambda": 0.3}))
    return path


@pytest.fixture(scope="module")
def found(model) -> dict[str, dict[str, dict[str, Any]]]:
    return study.simulate(CONTRACT, model, ASKED, requests=REQUESTS, seed=7)


def test_every_configuration_serves_every_request(found) -> None:
    for pattern, row in found.items():
        counts = {name: figures["requests"] for name, figures in row.items()}
        assert set(counts.values()) == {REQUESTS if pattern == "all" else REQUESTS // 3}, pattern
        assert {"lambda", "ecs", "model", "forwarded", "embedded", "rule", "oracle", "cheapest"} == set(
            counts
        )


def test_a_bill_is_its_parts(found) -> None:
    for row in found.values():
        for name, each in row.items():
            parts = each["function_usd"] + each["service_usd"] + each["router_usd"]
            assert each["total_usd"] == pytest.approx(parts), name
        assert row["lambda"]["service_usd"] == row["lambda"]["most_tasks"] == 0
        assert row["ecs"]["function_usd"] == row["ecs"]["router_usd"] == 0
        assert row["oracle"]["router_usd"] == 0


def test_the_whole_is_the_sum_of_the_patterns(found) -> None:
    for name, whole in found["all"].items():
        for part in ("requests", "function_usd", "service_usd", "router_usd", "burden_usd"):
            assert whole[part] == pytest.approx(sum(found[p][name][part] for p in HOURS)), (name, part)


def test_the_fleet_is_paid_for_as_long_as_the_load_lasts(found) -> None:
    twin, night = PLACED.service, found["night"]["rule"]
    (episode,) = episodes("night", REQUESTS // 3, 7)
    least = twin.min_tasks * episode.lasts_s * twin.task_usd_s(PLACED.prices)
    assert night["service_usd"] == pytest.approx(least, rel=1e-6)
    assert night["mean_tasks"] == pytest.approx(twin.min_tasks)


def test_the_same_choices_cost_more_the_more_the_router_does(found) -> None:
    row = found["all"]
    served = [row[name] for name in ("embedded", "model", "forwarded")]
    assert len({each["function_usd"] for each in served}) == 1
    assert served[0]["router_usd"] < served[1]["router_usd"] < served[2]["router_usd"]
    assert served[1]["p95_ms"] - served[0]["p95_ms"] == pytest.approx(9.0 + 1.5 - 0.2, abs=2e-3)


def test_the_oracle_bears_least(found) -> None:
    for row in found.values():
        assert row["oracle"]["burden_usd"] == min(each["burden_usd"] for each in row.values())
        assert row["oracle"]["accuracy"] == max(each["accuracy"] or 0 for each in row.values())


def test_what_lambda_refuses_are_errors_that_only_lambda_makes(found) -> None:
    assert found["all"]["lambda"]["error_rate"] > 3 * found["all"]["model"]["error_rate"]
    assert found["all"]["lambda"]["p99_ms"] is None or found["all"]["lambda"]["error_rate"] < 0.01


def test_a_load_is_the_same_again_and_another_with_another_seed() -> None:
    first, again, other = ([each.requests for each in episodes("burst", 3000, seed)] for seed in (1, 1, 2))
    assert all(np.array_equal(a.time_s, b.time_s) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0].time_s, other[0].time_s)
    assert all(each.time_s[0] >= traffic.MONDAY_S + COMPARED[0] * 86_400 for each in first)


def test_what_the_router_is_billed() -> None:
    prices = PLACED.prices
    second, served = 0.5 * prices.lambda_gb_s, np.array([100.2, 50.0])
    assert unasked(ASKED, PLACED, served) == (0.0, 0.0)
    once = function(ASKED, PLACED, served)
    assert once.waited_ms == 10.5
    assert np.asarray(once.usd).item() == pytest.approx(0.002 * second + prices.lambda_request)
    whole = forwarding(ASKED, PLACED, served)
    assert whole.usd == pytest.approx(np.array([0.102, 0.052]) * second + prices.lambda_request)
    assert embedded(ASKED, PLACED, served) == (0.2, pytest.approx(0.0002 * second))


def test_nobody_sends_the_function_what_it_cannot_take(model) -> None:
    load = next(episodes("steady", 4000, 3)).requests
    too_large = load.payload_kb > PLACED.function.limit_kb
    assert too_large.any()
    for policy in policies(CONTRACT, model):
        if callable(policy.place):
            assert (policy.place(load)[too_large] == 1).all()


def test_the_function_gets_what_the_model_is_sure_enough_of() -> None:
    load = next(episodes("steady", 4, 3)).requests
    load = replace(
        load, payload_kb=np.array([9.0, 9.0, PLACED.function.limit_kb + 1, 9.0]), load=np.array([0, 1, 1, 3])
    )
    placement = replace(PLACED, lambda_from=0.8, busy_loads=("burst_load",))
    assert sent(np.array([0.79, 0.8, 0.99, 0.5]), load, placement).tolist() == [1, 0, 1, 0]


def test_the_surer_the_router_must_be_the_less_the_function_gets(tmp_path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(export(CONTRACT, {"lambda": 1.7}))
    for row in frontier(CONTRACT, path, ASKED, requests=2000, seed=7).values():
        assert list(row) == ["lambda", "ecs", "oracle", *(f"{each:g}" for each in THRESHOLDS)]
        shares = [row[f"{each:g}"]["lambda_share"] for each in THRESHOLDS]
        assert shares == sorted(shares, reverse=True)
        assert shares[0] > 0.9 > 0.1 > shares[-1]
        assert row["0.5"]["router_usd"] > 0 == row["lambda"]["router_usd"]


def test_thresholds_are_chosen_on_days_that_no_comparison_meets() -> None:
    assert COMPARED[0] + COMPARED[1] <= TUNED[0]
    (chosen,) = episodes("steady", 200, 7, TUNED)
    assert chosen.requests.time_s[0] >= traffic.MONDAY_S + TUNED[0] * 86_400


def test_a_model_of_another_contract_is_refused(tmp_path) -> None:
    from catalog.models.iops_risk import IOPS_RISK

    path = tmp_path / "model.onnx"
    path.write_bytes(export(IOPS_RISK.contract))
    with pytest.raises(ValueError, match="train it again"):
        policies(CONTRACT, path)


def test_features_are_those_of_training() -> None:
    load = next(episodes("steady", 50, 3)).requests
    assert features(load).shape == (50, len(CONTRACT.columns))
    assert features(load)[:, 1] == pytest.approx(load.payload_kb, rel=1e-6)


def test_a_sample_is_of_the_whole_episode_and_valid() -> None:
    told = sample("night", 40, 5)
    rows = told["rows"]
    assert len(rows) == 40
    assert rows[-1]["at_s"] > 0.9 * told["lasts_s"]
    assert told["weight"] > 1
    for row in rows:
        record = {name: row[name] for name in row if name != "at_s"}
        assert CONTRACT.check({**record, "request_id": "r"}) == []


def test_measured_work_takes_the_place_of_what_was_drawn() -> None:
    rows = sample("steady", 20, 5)["rows"]
    for n, row in enumerate(rows):
        row |= {"work_ms": None if n == 3 else 5.0 + n, "platform": "ecs"}
    requests = requests_of(rows, arrivals(rows, 1, np.random.default_rng(0)))
    drawn = work.draw(np.random.default_rng(1), requests)
    chance = worked(drawn, np.array([np.nan if n == 3 else 5.0 + n for n in range(20)]))
    assert chance.cpu[2] == 7.0
    assert chance.cpu[3] == drawn.cpu[3]
    outcome = compare.simulate(requests, "lambda", PLACED, 1, chance=chance)
    warm = ~outcome.cold & ~outcome.error
    assert (outcome.latency_ms[warm] >= (drawn.stores + chance.cpu)[warm]).all()


def test_each_measured_request_stands_for_as_many() -> None:
    rows = sample("burst", 60, 5)["rows"]
    many = mixed(rows, 7, np.random.default_rng(0))
    assert Counter(row["at_s"] for row in many) == {row["at_s"]: 7 for row in rows}
    assert max(row["at_s"] for row in many[: 7 * 25]) < rows[25]["at_s"], "load patterns keep their time"
    time = arrivals(rows, 7, np.random.default_rng(0))
    assert len(time) == len(many)
    assert (np.diff(time) >= 0).all()


def test_effects_of_what_was_measured_are_told_by_configuration(tmp_path, capsys) -> None:
    rows = [{**row, "work_ms": 20.0, "platform": "lambda"} for row in sample("steady", 30, 5)["rows"]]
    (tmp_path / "measured.json").write_text(
        json.dumps({"steady": {"weight": 3.2, "lambda": rows, "ecs": rows, "auto": rows}})
    )
    (tmp_path / "contract.json").write_text(CONTRACT.to_json())
    argv = ["effects", "--contract", str(tmp_path / "contract.json"), "--seed", "1", "--memory-mb", "512"]
    argv += ["--handler-ms", "1.5", "--inference-ms", "0.2", "--measured", str(tmp_path / "measured.json")]
    assert study.main(argv) == 0
    told = json.loads(capsys.readouterr().out)["patterns"]["steady"]
    assert {name: each["requests"] for name, each in told.items()} == dict.fromkeys(told, 90)
    assert told["model"]["lambda_share"] == 1
    assert told["ecs"]["lambda_share"] == 0
