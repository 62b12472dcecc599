"""What the benchmarks make of figures, without measuring any."""

from pathlib import Path
from typing import Any

import pytest

from catalog.models import MODELS
from local.bench import placing, studies
from local.bench.quality import Goal, Judged, forecast, learners, quality

SPECS = {spec.name: spec for spec in MODELS}
EVALUATION: dict[str, Any] = {
    "metrics": {"accuracy": 0.8, "auc": 0.9},
    "alone": {"accuracy": 0.7, "auc": 0.8},
    "baselines": {"constant": {"accuracy": 0.5, "auc": 0.5}, "rule": {"accuracy": 0.6, "auc": 0.85}},
    "confidence_intervals": {"accuracy": [0.75, 0.85], "auc": [0.85, 0.95]},
}
JUDGED = Judged(SPECS["failure"], "Approved", EVALUATION, {"accuracy": 0.95})


def test_quality_shows_each_metric_beside_baselines_and_the_achievable() -> None:
    section = quality([JUDGED], "synthetic")
    assert section.columns[-3:] == ("constant", "rule", "best achievable")
    assert section.rows[0][2:] == (
        "accuracy",
        "0.8000",
        "0.7500 to 0.8500",
        "0.7000",
        "0.5000",
        "0.6000",
        "0.9500",
    )
    assert section.rows[1][-1] == "-"


def test_quality_on_real_data_knows_no_achievable() -> None:
    assert quality([JUDGED], "azure-fio").columns[-1] == "rule"


@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        (Goal("failure", "auc", floor=0.85, baseline="rule"), "yes"),
        (Goal("failure", "auc", floor=0.91), "**no**"),
        (Goal("failure", "accuracy", share=0.84), "yes"),
        (Goal("failure", "accuracy", share=0.85), "**no**"),
        (Goal("failure", "auc", baseline="constant"), "yes"),
        (Goal("failure", "accuracy", floor=0.5, baseline="better"), "**no**"),
        (Goal("failure", "accuracy", baseline="better", better="less"), "**no**"),
        (Goal("failure", "auc", baseline="perfect", better="less"), "yes"),
    ],
)
def test_a_goal_is_reached_where_all_it_wants_is_there(goal: Goal, reached: str) -> None:
    baselines = {**EVALUATION["baselines"], "better": {"accuracy": 0.8}, "perfect": {"auc": 1.0}}
    judged = Judged(JUDGED.spec, "Approved", {**EVALUATION, "baselines": baselines}, JUDGED.best)
    assert goal.row(judged)[-1] == reached


def test_a_forecast_is_told_by_horizon() -> None:
    found = {"horizons": {"1": {"mae": 0.5, "coverage": 0.8}, "48": {"mae": 2.0, "coverage": 0.7}}}
    section = forecast(Judged(SPECS["capacity"], "Approved", found, {}))
    assert section.columns == ("hours", "mae", "coverage")
    assert section.rows == [("1", "0.5000", "0.8000"), ("48", "2.0000", "0.7000")]


def test_learners_are_told_side_by_side_with_the_chosen_one_marked() -> None:
    def told(regret: float, *, chosen: bool) -> dict[str, Any]:
        split = {"accuracy": 0.8, "regret": regret}
        return {"validation": split, "test": split, "gap": 0.01, "inference_ms": 0.5, "bytes": 2048} | {
            "chosen": chosen
        }

    rivals = {"xgboost": told(0.1, chosen=False), "lightgbm": told(0.2, chosen=True)}
    section = learners(Judged(SPECS["placement"], "Approved", {"rivals": rivals}, {}), "synthetic")
    assert section.columns[1:4] == ("regret, validation", "accuracy", "regret")
    assert [row[0] for row in section.rows] == ["xgboost", "**lightgbm**"]
    assert section.rows[0][1:] == ("0.1000", "0.8000", "0.1000", "0.0100", "0.500", "2")


def test_placing_is_told_beside_its_goals() -> None:
    times = (
        "p50",
        "p99",
        *(f"{what}_{part}" for what in ("choose", "session", "route") for part in ("p50", "p99")),
    )
    found = dict.fromkeys(times, 0.002) | {"import": 0.3, "start": 0.15, "first": 0.005, "not_compiled": 0.9}
    router = SPECS["placement"].router
    assert router
    told = {
        row[0]: row[1:]
        for row in placing.section(router, "/predict", {**found, "cost_usd": 2e-7}, 0.455).rows
    }
    assert told["cold start, all"] == ("455", "-", "< 500: reached")
    assert told["in process"][-1] == "p50 < 1: **not reached**; < 0.1: **not reached**"
    assert told["POST /predict, whole handler"] == ("2", "2", "p99 < 10: reached")


def test_sets_that_are_not_there_are_named(tmp_path: Path) -> None:
    said: list[str] = []
    assert list(studies.measure(tmp_path, said.append)) == []
    absent = ["nab_aws_cloudwatch", "petshop", "http_params", "lambda_perf"]
    assert [line.rsplit(" ", 1)[1] for line in said] == absent
