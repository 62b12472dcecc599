"""Trainings and promotions in a real MLflow store, without its server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from record import handler as module
from record.messages import parse
from record.plots import plots
from record.results import Results
from record.waits import waiting
from tests.lambda_.conftest import Context
from tests.lambda_.fakes import Fake, Scripted, refusal

PARAMETER, QUEUE = "/ops-ml/local/tracking", "https://sqs/tracking"
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVALUATION = {
    "profile": "synthetic",
    "rows": 30,
    "data_hash": "d" * 64,
    "contract_hash": "c" * 16,
    "metrics": {"f1_macro": 0.9, "auc": 0.95},
    "baselines": {"constant": {"f1_macro": 0.2, "auc": None}},
    "champion": None,
    "champion_note": "there is no champion yet",
    "confusion_matrix": [[10, 5], [0, 15]],
    "classes": ["healthy", "failing"],
    "roc": {"failing": {"fpr": [0, 0.1, 1], "tpr": [0, 0.9, 1], "auc": 0.95}},
    "importance": {"cpu": 0.7, "memory": 0.3},
    "calibration": {"confidence": [0.55, None], "accuracy": [0.5, None], "rows": [30, 0], "error": 0.05},
}


class SageMaker(Fake):
    """Tuning jobs of three trials each, the last of which failed, and the packages of their winners."""

    service = "sagemaker"

    def ListTrainingJobsForHyperParameterTuningJob(self, **request: Any) -> dict[str, Any]:  # noqa: N802
        names = [f"{request['HyperParameterTuningJobName']}-{number}" for number in (1, 2, 3)]
        first = int(request.get("NextToken", "0"))
        more = {"NextToken": str(first + 2)} if first + 2 < len(names) else {}
        return {"TrainingJobSummaries": [{"TrainingJobName": n} for n in names[first : first + 2]], **more}

    def DescribeTrainingJob(self, TrainingJobName: str) -> dict[str, Any]:  # noqa: N802, N803
        number = int(TrainingJobName.rpartition("-")[2])
        job = {
            "TrainingJobName": TrainingJobName,
            "TrainingJobStatus": "Completed",
            "TuningJobArn": f"arn:aws:sagemaker:::hyper-parameter-tuning-job/{TrainingJobName[:-2]}",
            "HyperParameters": {
                "eta": f"0.{number}",
                "sagemaker_program": '"train.py"',
                "learner": '"xgboost"',
            },
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://models/{TrainingJobName}/model.tar.gz"},
            "FinalMetricDataList": [{"MetricName": "validation:f1", "Value": 0.8 + number / 100}],
            "CreationTime": BEGAN + timedelta(minutes=number),
            "TrainingStartTime": BEGAN + timedelta(minutes=number),
            "TrainingEndTime": BEGAN + timedelta(minutes=number, seconds=30),
        }
        if number < 3:
            return job
        gone = ("ModelArtifacts", "FinalMetricDataList", "TrainingStartTime")
        failed = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: out of memory"}
        return {name: value for name, value in job.items() if name not in gone} | failed

    def DescribeModelPackage(self, ModelPackageName: str) -> dict[str, Any]:  # noqa: N802, N803
        run = ModelPackageName.rpartition("/")[2]
        container = {"ModelDataUrl": f"s3://models/tune-{run}-2/model.tar.gz"}
        return {
            "InferenceSpecification": {"Containers": [container]},
            "CustomerMetadataProperties": {
                "run": run,
                "profile": "synthetic",
                "training_job": f"tune-{run}-2",
            },
            "ModelMetrics": {
                "ModelQuality": {"Statistics": {"S3Uri": f"s3://processed/{run}/evaluation.json"}}
            },
            "ModelApprovalStatus": "Approved",
            "ModelPackageDescription": "Approved: all floors met",
        }


class S3(Fake):
    service = "s3"
    body: Any = EVALUATION

    def GetObject(self, **_: Any) -> dict[str, Any]:  # noqa: N802
        if self.body is None:
            raise refusal("GetObject", "NoSuchKey")
        text = json.dumps(self.body).encode()
        return Scripted("s3", [text]).get_object(Bucket="b", Key="k")


class Ssm(Fake):
    service = "ssm"
    address = "none"

    def GetParameter(self, Name: str) -> dict[str, Any]:  # noqa: N802, N803
        assert Name == PARAMETER
        return {"Parameter": {"Value": self.address}}


class Sqs(Fake):
    service = "sqs"

    def ChangeMessageVisibility(self, **_: Any) -> None:  # noqa: N802
        return None


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture
def place(store: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[module.Place]:
    monkeypatch.chdir(tmp_path)  # where a store without a server keeps artifacts
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    ssm = Ssm()
    ssm.address = store
    made = module.Place("local", PARAMETER, QUEUE, ssm, Sqs(), Results(SageMaker(), S3()))
    monkeypatch.setattr(module, "place", lambda: made)
    yield made
    mlflow.set_tracking_uri(None)


def training(model: str, run: str = "r1", **changed: Any) -> dict[str, Any]:
    return {
        "kind": "training",
        "model": model,
        "run": run,
        "profile": "synthetic",
        "tuning_job": f"tune-{run}",
        "training_job": f"tune-{run}-2",
        "evaluation_uri": f"s3://processed/{model}/{run}/evaluation/evaluation.json",
        "package": package(model, run),
        "status": "Approved",
        "reasons": [],
        **changed,
    }


def promotion(model: str, run: str = "r1", previous: str = "none") -> dict[str, Any]:
    return {"kind": "promotion", "model": model, "package": package(model, run), "previous": previous}


def package(model: str, run: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:000000000000:model-package/local-{model}/{run}"


def send(message: Any, received: int = 1) -> list[str]:
    """Hands one message to the function; answers the ids of what failed."""
    record = {
        "messageId": "message-1",
        "receiptHandle": "handle-1",
        "body": message if isinstance(message, str) else json.dumps(message),
        "attributes": {"ApproximateReceiveCount": str(received)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:tracking.fifo",
        "awsRegion": "us-east-1",
    }
    answer = module.handler({"Records": [record]}, Context())  # type: ignore[arg-type]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def runs(model: str) -> dict[str, Run]:
    """All runs of the model, by name."""
    client = MlflowClient()
    experiment = client.get_experiment_by_name(f"local/{model}")
    assert experiment
    found = client.search_runs([experiment.experiment_id])
    assert len({run.info.run_name for run in found}) == len(found)
    return {run.info.run_name: run for run in found}


def test_a_training_is_recorded_whole(place: module.Place) -> None:
    assert send(training("whole")) == []
    found = runs("whole")
    parent, best, failed = found["r1"], found["tune-r1-2"], found["tune-r1-3"]
    assert set(found) == {"r1", "tune-r1-1", "tune-r1-2", "tune-r1-3"}
    assert parent.data.metrics == {"f1_macro": 0.9, "auc": 0.95, "constant/f1_macro": 0.2, "rows": 30}
    assert parent.data.params == best.data.params == {"eta": "0.2", "learner": "xgboost"}
    assert parent.data.tags["contract_hash"] == "c" * 16
    assert parent.data.tags["data_hash"] == "d" * 64
    assert parent.data.tags["artifact"] == "s3://models/tune-r1-2/model.tar.gz"
    assert parent.inputs.dataset_inputs[0].dataset.name == "synthetic"
    assert best.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert best.data.metrics == pytest.approx({"validation:f1": 0.82, "duration_s": 30})
    assert (best.info.status, failed.info.status) == ("FINISHED", "FAILED")
    assert "out of memory" in failed.data.tags["reason"]
    files = {each.path for each in MlflowClient().list_artifacts(parent.info.run_id)}
    pictures = {"confusion_matrix.png", "roc.png", "importance.png", "calibration.png"}
    assert files == {"evaluation.json", *pictures}
    picture = Path(MlflowClient().download_artifacts(parent.info.run_id, "roc.png")).read_bytes()
    assert picture.startswith(b"\x89PNG")


def test_trials_of_several_learners_stand_side_by_side(place: module.Place) -> None:
    figures = {"accuracy": 0.9, "mlogloss": 0.3}
    rival = {"validation": figures, "test": figures, "gap": 0.01, "inference_ms": 0.2, "bytes": 1000}
    rivals = {"xgboost": rival | {"chosen": False}, "random_forest": rival | {"chosen": True, "gap": None}}
    place.results.s3.body = EVALUATION | {"rivals": rivals, "chosen": 1, "learner": "random_forest"}
    told = training("side", training_job="tune-b-2", tuning_jobs=["tune-a", "tune-b"])
    del told["tuning_job"]
    assert send(told) == []
    found = runs("side")
    trials = {name for name in found if name.startswith("tune-")}
    assert trials == {f"tune-{which}-{number}" for which in "ab" for number in (1, 2, 3)}
    assert {found[name].data.params["learner"] for name in trials} == {"xgboost"}
    assert [name for name in trials if found[name].data.tags["best"] == "yes"] == ["tune-b-2"]
    metrics = found["r1"].data.metrics
    assert metrics["random_forest/validation/mlogloss"] == 0.3
    assert (metrics["random_forest/accuracy"], metrics["random_forest/inference_ms"]) == (0.9, 0.2)
    assert "xgboost/gap" in metrics
    assert "random_forest/gap" not in metrics
    assert found["r1"].data.tags["tuning_jobs"] == "tune-a, tune-b"
    assert found["r1"].data.tags["learner"] == "random_forest"


def test_a_message_that_comes_again_doubles_nothing(place: module.Place) -> None:
    for received in (1, 2):
        assert send(training("again"), received) == []
        assert send(promotion("again"), received) == []
    assert len(runs("again")) == 4
    assert len(MlflowClient().search_model_versions("name = 'local-again'")) == 1


def test_what_broke_off_half_way_is_finished(place: module.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "log_inputs", _unreachable)
        assert send(training("half")) == ["message-1"]
    assert len(runs("half")) == 4
    assert send(training("half"), 2) == []
    assert len(runs("half")) == 4
    assert runs("half")["r1"].info.status == "FINISHED"


def _unreachable(*_: Any, **__: Any) -> None:
    raise MlflowException("API request failed: connection refused")


def test_a_rejected_candidate_has_a_version_and_no_alias(place: module.Place) -> None:
    refused = training("refused", status="Rejected", reasons=["f1_macro 0.5 misses >= 0.85"])
    assert send(refused) == []
    (version,) = MlflowClient().search_model_versions("name = 'local-refused'")
    assert version.tags["status"] == "Rejected"
    assert version.source == "s3://models/tune-r1-2/model.tar.gz"
    assert MlflowClient().get_registered_model("local-refused").aliases == {}
    assert "misses" in runs("refused")["r1"].data.tags["mlflow.note.content"]


def test_the_alias_follows_the_champion_and_goes_back(place: module.Place) -> None:
    for run in ("r1", "r2"):
        assert send(training("moves", run)) == []
    client = MlflowClient()
    for run in ("r1", "r2", "r1"):
        assert send(promotion("moves", run)) == []
        champion = client.get_model_version_by_alias("local-moves", "champion")
        assert champion.tags["package"] == package("moves", run)
        assert runs("moves")[run].info.run_id == champion.run_id
    assert client.get_registered_model("local-moves").aliases == {"champion": champion.version}


def test_a_champion_from_before_the_records_is_read_back(place: module.Place) -> None:
    assert send(promotion("early")) == []
    assert len(runs("early")) == 4
    champion = MlflowClient().get_model_version_by_alias("local-early", "champion")
    assert champion.run_id == runs("early")["r1"].info.run_id


def test_a_champion_of_several_learners_is_read_back_with_all_trials(
    place: module.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = SageMaker.DescribeModelPackage

    def both(self: SageMaker, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803
        known = described(self, ModelPackageName)
        known["CustomerMetadataProperties"]["tuning_jobs"] = "tune-r1 tune-b"
        return known

    monkeypatch.setattr(SageMaker, "DescribeModelPackage", both)
    assert send(promotion("both")) == []
    assert len(runs("both")) == 7


def test_a_training_that_failed_leaves_its_trials(place: module.Place) -> None:
    place.results.s3.body = None
    told = training("fails", package="", training_job="", status="Failed", reasons=["Tune: no capacity"])
    assert send(told) == []
    found = runs("fails")
    assert found["r1"].info.status == "FAILED"
    assert found["tune-r1-1"].info.status == "FINISHED"
    assert MlflowClient().search_model_versions("name = 'local-fails'") == []


@pytest.mark.parametrize("address", ["none", "http://127.0.0.1:9"])
def test_without_a_server_the_message_waits(place: module.Place, address: str) -> None:
    place.ssm.address = address
    assert send(training("waits"), 3) == ["message-1"]
    (call,) = place.sqs.calls
    assert call[1]["VisibilityTimeout"] == waiting(3) == 60


def test_a_message_nobody_understands_waits_for_a_person(place: module.Place) -> None:
    for message in ("{}", '{"kind": "training"}', json.dumps(promotion("odd") | {"package": 5}), "no json"):
        assert send(message) == ["message-1"]
    for wrong in ("tune-a", ["tune-a", 5]):
        with pytest.raises(ValueError, match="tuning_jobs must be a list of texts"):
            parse(json.dumps(training("odd") | {"tuning_jobs": wrong}))
    assert parse(json.dumps(training("odd") | {"tuning_jobs": []})).tuning_jobs == ()  # type: ignore[union-attr]
    assert parse(json.dumps(training("odd", tuning_job=""))).tuning_jobs == ()  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="package must be a text, got 5"):
        parse(json.dumps(promotion("odd") | {"package": 5}))


def test_waits_grow_to_an_hour() -> None:
    waits = [waiting(received) for received in range(1, 200)]
    assert waits == sorted(waits)
    assert waits[0] < 60
    assert waits[-1] == 3600


def test_an_older_evaluation_has_fewer_pictures() -> None:
    kept = {"metrics", "confusion_matrix", "classes"}
    assert set(plots({name: EVALUATION[name] for name in kept})) == {"confusion_matrix.png"}
    forecast = EVALUATION | {"confusion_matrix": None, "classes": [], "roc": {}, "calibration": None}
    assert set(plots(forecast)) == {"importance.png"}
