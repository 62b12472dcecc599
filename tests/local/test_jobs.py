"""Processing, training and tuning jobs as real processes under the container contract."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.toys import BUCKET, LocalAws, processing, training, tuning, wait_until

DONE = {"Completed", "Failed", "Stopped"}


def _processed(aws: LocalAws, request: dict[str, Any]) -> dict[str, Any]:
    sagemaker = aws("sagemaker")
    sagemaker.create_processing_job(**request)
    return _ended(aws, "processing", request["ProcessingJobName"])


def _ended(aws: LocalAws, kind: str, name: str) -> dict[str, Any]:
    prefix = {
        "processing": "ProcessingJob",
        "training": "TrainingJob",
        "hyper_parameter_tuning": "HyperParameterTuningJob",
    }[kind]
    describe = getattr(aws("sagemaker"), f"describe_{kind}_job")

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = describe(**{f"{prefix}Name": name})
        return found if found[f"{prefix}Status"] in DONE else None

    answer: dict[str, Any] = wait_until(ended, 30)
    return answer


def test_processing_runs_the_entrypoint_over_s3(aws: LocalAws) -> None:
    record = _processed(aws, processing("prepare-1"))
    assert record["ProcessingJobStatus"] == "Completed", record
    made = aws("s3").get_object(Bucket=BUCKET, Key="processed/prepare-1/part.csv")["Body"].read()
    assert made == b"1,2\n2,4\n3,6\n"
    events = wait_until(
        lambda: aws("logs").filter_log_events(
            logGroupName="/aws/sagemaker/ProcessingJobs", filterPattern="preparing"
        )["events"]
    )
    assert ".venv" in events[0]["message"]


def test_a_crashing_job_fails_with_its_reason(aws: LocalAws) -> None:
    aws("s3").put_object(Bucket=BUCKET, Key="bad/raw.csv", Body=b"bad\n")
    record = _processed(aws, processing("prepare-bad", raw="bad/"))
    assert record["ProcessingJobStatus"] == "Failed"
    assert "ValueError: a bad line" in record["FailureReason"]


def test_a_missing_input_fails_the_job(aws: LocalAws) -> None:
    record = _processed(aws, processing("prepare-none", raw="nothing/"))
    assert "No S3 objects found under S3 URL" in record["FailureReason"]


def test_stop_and_runtime_limit_end_the_process(aws: LocalAws) -> None:
    aws("sagemaker").create_processing_job(**processing("prepare-long", "--sleep", "60"))
    aws("sagemaker").stop_processing_job(ProcessingJobName="prepare-long")
    assert _ended(aws, "processing", "prepare-long")["ProcessingJobStatus"] == "Stopped"
    request = processing("prepare-slow", "--sleep", "60")
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}
    record = _processed(aws, request)
    assert (record["ProcessingJobStatus"], record["ExitMessage"]) == ("Stopped", "MaxRuntimeExceeded")
    with pytest.raises(ClientError, match="is in status Stopped"):
        aws("sagemaker").stop_processing_job(ProcessingJobName="prepare-slow")


def test_training_writes_metrics_and_model(aws: LocalAws) -> None:
    aws("sagemaker").create_training_job(TrainingJobName="train-1", **training(slope="2", learner='"toy"'))
    record = _ended(aws, "training", "train-1")
    assert record["TrainingJobStatus"] == "Completed", record.get("FailureReason")
    assert record["FinalMetricDataList"][0]["Value"] == 0
    uri = record["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{BUCKET}/models/train-1/output/model.tar.gz"
    body = aws("s3").get_object(Bucket=BUCKET, Key="models/train-1/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        member = tar.extractfile("model.json")
        assert member is not None
        assert json.load(member) == {"slope": 2, "arguments": ["--learner", "toy", "--slope", "2"]}
    with pytest.raises(ClientError, match="ResourceInUse"):
        aws("sagemaker").create_training_job(TrainingJobName="train-1", **training(slope="2"))


def test_tuning_finds_the_best_trial(aws: LocalAws) -> None:
    sagemaker = aws("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**tuning("tune-1"))
    record = _ended(aws, "hyper_parameter_tuning", "tune-1")
    assert record["HyperParameterTuningJobStatus"] == "Completed", record
    assert record["TrainingJobStatusCounters"]["Completed"] == 4
    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune-1", SortBy="FinalObjectiveMetricValue", SortOrder="Ascending"
    )["TrainingJobSummaries"]
    values = [t["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for t in trials]
    best = record["BestTrainingJob"]
    assert values == sorted(values)
    assert best["TrainingJobName"] == trials[0]["TrainingJobName"]
    assert best["TrainingJobName"].startswith("tune-1-00")
    child = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert child["TuningJobArn"] == record["HyperParameterTuningJobArn"]
    assert 0.5 <= float(child["HyperParameters"]["slope"]) <= 4


def test_tuning_fails_when_every_trial_fails(aws: LocalAws) -> None:
    request = tuning("tune-bad", fail="true")
    request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = 12
    aws("sagemaker").create_hyper_parameter_tuning_job(**request)
    record = _ended(aws, "hyper_parameter_tuning", "tune-bad")
    assert record["HyperParameterTuningJobStatus"] == "Failed"
    assert "the training data is unusable" in record["FailureReason"]
    assert record["TrainingJobStatusCounters"]["NonRetryableError"] in (3, 4)


def test_stopping_a_tuning_job_stops_its_trials(aws: LocalAws) -> None:
    sagemaker = aws("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**tuning("tune-long", sleep="60"))
    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job
    wait_until(lambda: trials(HyperParameterTuningJobName="tune-long")["TrainingJobSummaries"])
    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune-long")
    assert _ended(aws, "hyper_parameter_tuning", "tune-long")["HyperParameterTuningJobStatus"] == "Stopped"
    found = trials(HyperParameterTuningJobName="tune-long")["TrainingJobSummaries"]
    assert {trial["TrainingJobStatus"] for trial in found} == {"Stopped"}


def test_what_is_not_supported_is_refused_by_name(aws: LocalAws) -> None:
    sagemaker = aws("sagemaker")
    with pytest.raises(
        ClientError, match="ListTransformJobs is not supported by the local stand-in; supported: AddTags"
    ):
        sagemaker.list_transform_jobs()
    request = tuning("tune-grid")
    request["HyperParameterTuningJobConfig"]["Strategy"] = "Grid"
    with pytest.raises(ClientError, match="Tuning strategy Grid is not supported"):
        sagemaker.create_hyper_parameter_tuning_job(**request)
    with pytest.raises(ClientError, match="failed to satisfy constraint: Member must satisfy enum value set"):
        sagemaker.create_training_job(
            TrainingJobName="t",
            **{
                **training(),
                "ResourceConfig": {"InstanceType": "ml.huge", "InstanceCount": 1, "VolumeSizeInGB": 1},
            },
        )
