"""The guided run's words on a training of several learners."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from local.run import report, training

JOBS = {
    "loca-pla-ra-22bb-261122-aaaaaa-0": ("placement", 1),
    "loca-other-33cc-261122-bbbbbb-0": ("other", 5),
    "loca-placem-11aa-261122-aaaaaa-1": ("placement", 2),
    "loca-placem-11aa-261122-aaaaaa-0": ("placement", 0),
    "loca-pla-ra-22bb-261121-cccccc-0": ("placement", 4),
    "loca-pla-li-44dd-261121-cccccc-0": ("placement", 4),
}
"""Newest first: model and trials done. The last two are of an earlier run; the one before was tried again."""


class SageMaker:
    def list_hyper_parameter_tuning_jobs(self, **_: Any) -> dict[str, Any]:
        return {"HyperParameterTuningJobSummaries": [{"HyperParameterTuningJobName": name} for name in JOBS]}

    def describe_hyper_parameter_tuning_job(self, HyperParameterTuningJobName: str) -> dict[str, Any]:  # noqa: N803
        model, done = JOBS[HyperParameterTuningJobName]
        return {
            "HyperParameterTuningJobName": HyperParameterTuningJobName,
            "HyperParameterTuningJobConfig": {"ResourceLimits": {"MaxNumberOfTrainingJobs": 4}},
            "TrainingJobDefinition": {"OutputDataConfig": {"S3OutputPath": f"s3://models/{model}/trials/"}},
            "TrainingJobStatusCounters": {"Completed": done},
        }


class Steps:
    def get_execution_history(self, maxResults: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        tasks: list[dict[str, Any]] = [{"type": "TaskScheduled"}] * 16
        return {"events": [*tasks, {"stateEnteredEventDetails": {"name": "Tune"}}][:maxResults]}


@pytest.fixture
def cloud() -> Any:
    clients = {"sagemaker": SageMaker(), "stepfunctions": Steps()}
    return SimpleNamespace(client=clients.__getitem__)


def test_the_progress_is_that_of_all_learners_of_the_newest_run(cloud: Any) -> None:
    found = [job["HyperParameterTuningJobName"] for job in training.latest_tunings(cloud, "placement")]
    assert found == ["loca-pla-ra-22bb-261122-aaaaaa-0", "loca-placem-11aa-261122-aaaaaa-1"]
    assert training._state(cloud, "placement", "arn") == "tuning, 3 of 8 trials of 2 learners done"
    assert training._state(cloud, "other", "arn") == "tuning, 5 of 4 trials done"
    assert training._state(cloud, "none", "arn") == "tune"


def test_the_newest_of_one_learner_is_found_as_before(cloud: Any) -> None:
    newest = training.latest_tuning(cloud, "other")
    assert newest is not None
    assert newest["HyperParameterTuningJobName"] == "loca-other-33cc-261122-bbbbbb-0"
    assert training.latest_tuning(cloud, "none") is None


def test_the_report_shows_the_learners_beside_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"accuracy": 0.91, "macro_f1": 0.9, "mlogloss": 0.3}
    told = {"validation": figures, "test": figures, "gap": None, "inference_ms": 0.25, "bytes": 2048}
    rivals = {"xgboost": {**told, "chosen": False}, "lightgbm": {**told, "chosen": True}}
    Console(width=200).print(*report._rivals({"rivals": rivals}))
    shown = capsys.readouterr().out
    assert "lightgbm (chosen)" in shown
    assert "xgboost (chosen)" not in shown
    assert "2.000" in shown
    assert report._rivals({"rivals": {}}) == report._rivals({}) == []
