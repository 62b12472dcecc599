"""What the benchmarks make of figures, without measuring any."""

from pathlib import Path
from typing import Any

import pytest

from catalog.models import MODELS
from local.bench import studies
from local.bench.quality import Goal, Judged, forecast, quality

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
    ],
)
def test_a_goal_is_reached_where_all_it_wants_is_there(goal: Goal, reached: str) -> None:
    baselines = {**EVALUATION["baselines"], "better": {"accuracy": 0.8}}
    judged = Judged(JUDGED.spec, "Approved", {**EVALUATION, "baselines": baselines}, JUDGED.best)
    assert goal.row(judged)[-1] == reached


def test_a_forecast_is_told_by_horizon() -> None:
    found = {"horizons": {"1": {"mae": 0.5, "coverage": 0.8}, "48": {"mae": 2.0, "coverage": 0.7}}}
    section = forecast(Judged(SPECS["capacity"], "Approved", found, {}))
    assert section.columns == ("hours", "mae", "coverage")
    assert section.rows == [("1", "0.5000", "0.8000"), ("48", "2.0000", "0.7000")]


def test_sets_that_are_not_there_are_named(tmp_path: Path) -> None:
    said: list[str] = []
    assert list(studies.measure(tmp_path, said.append)) == []
    absent = ["nab_aws_cloudwatch", "petshop", "http_params", "lambda_perf"]
    assert [line.rsplit(" ", 1)[1] for line in said] == absent
