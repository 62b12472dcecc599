"""Step Functions' SageMaker integrations, the registry's events, and state over a restart."""

from __future__ import annotations

import json
from typing import Any

from tests.local.toys import BUCKET, IMAGE, ROLE, LocalAws, model_archive, processing, tuning, wait_until

SYNC = "arn:aws:states:::sagemaker:"


def _machine(aws: LocalAws, name: str, definition: dict[str, Any]) -> str:
    created = aws("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )
    arn: str = created["stateMachineArn"]
    return arn


def _execute(aws: LocalAws, name: str, states: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    steps = aws("stepfunctions")
    arn = _machine(aws, name, {"StartAt": next(iter(states)), "States": states})
    execution = steps.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = steps.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    answer: dict[str, Any] = wait_until(ended, 30)
    return answer


def test_sync_steps_wait_and_answer_as_describe(aws: LocalAws) -> None:
    prepare = processing("ignored")
    prepare["ProcessingJobName.$"] = "$.run"
    del prepare["ProcessingJobName"]
    tune = {**tuning("ignored"), "HyperParameterTuningJobName.$": "$.run"}
    del tune["HyperParameterTuningJobName"]
    ended = _execute(
        aws,
        "train",
        {
            "Prepare": {
                "Type": "Task",
                "Resource": SYNC + "createProcessingJob.sync",
                "Parameters": prepare,
                "ResultPath": "$.prepared",
                "Next": "Tune",
            },
            "Tune": {
                "Type": "Task",
                "Resource": SYNC + "createHyperParameterTuningJob.sync",
                "Parameters": tune,
                "ResultPath": "$.tuned",
                "Next": "Best",
            },
            "Best": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeTrainingJob",
                "Parameters": {"TrainingJobName.$": "$.tuned.BestTrainingJob.TrainingJobName"},
                "End": True,
            },
        },
        {"run": "steps-1"},
    )
    assert ended["status"] == "SUCCEEDED", ended
    best = json.loads(ended["output"])
    assert best["ModelArtifacts"]["S3ModelArtifacts"].startswith(f"s3://{BUCKET}/models/steps-1-00")


def test_a_failed_job_and_a_refused_request_raise_aws_error_names(aws: LocalAws) -> None:
    bad = processing("steps-bad", raw="none/")
    task = {"Type": "Task", "Resource": SYNC + "createProcessingJob.sync", "Parameters": bad, "End": True}
    ended = _execute(aws, "bad", {"Prepare": task}, {})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(ended["cause"])["ProcessingJobStatus"] == "Failed"
    again = _execute(aws, "again", {"Prepare": task}, {})
    assert again["error"] == "SageMaker.ResourceInUseException"
    transform = {"Type": "Task", "Resource": SYNC + "createTransformJob.sync", "Parameters": {}, "End": True}
    refused = _execute(aws, "transform", {"Transform": transform}, {})
    assert refused["error"] == "SageMaker.AmazonSageMakerException"
    assert "CreateTransformJob is not supported by the local stand-in" in refused["cause"]


def test_approval_raises_the_event_that_starts_a_state_machine(aws: LocalAws) -> None:
    sagemaker, events = aws("sagemaker"), aws("events")
    machine = _machine(aws, "promotion", {"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": True}}})
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": ["toys"], "ModelApprovalStatus": ["Approved"]},
    }
    events.put_rule(Name="approved", EventPattern=json.dumps(pattern))
    transformer = {
        "InputPathsMap": {"package": "$.detail.ModelPackageArn"},
        "InputTemplate": '{"package": "<package>"}',
    }
    events.put_targets(
        Rule="approved",
        Targets=[{"Id": "1", "Arn": machine, "RoleArn": ROLE, "InputTransformer": transformer}],
    )
    aws("s3").put_object(Bucket=BUCKET, Key="artifacts/toy.tar.gz", Body=model_archive(1))
    sagemaker.create_model_package_group(ModelPackageGroupName="toys")
    specification = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/artifacts/toy.tar.gz"}],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    arns = [
        sagemaker.create_model_package(
            ModelPackageGroupName="toys",
            InferenceSpecification=specification,
            CustomerMetadataProperties={"rmse": "1.5"},
        )["ModelPackageArn"]
        for _ in range(2)
    ]
    assert [arn.rsplit("/", 1)[1] for arn in arns] == ["1", "2"]
    assert aws("stepfunctions").list_executions(stateMachineArn=machine)["executions"] == []
    sagemaker.update_model_package(
        ModelPackageArn=arns[1], ModelApprovalStatus="Approved", ApprovalDescription="good"
    )
    started = wait_until(lambda: aws("stepfunctions").list_executions(stateMachineArn=machine)["executions"])
    found = aws("stepfunctions").describe_execution(executionArn=started[0]["executionArn"])
    assert json.loads(found["input"]) == {"package": arns[1]}
    listed = sagemaker.list_model_packages(ModelPackageGroupName="toys", ModelApprovalStatus="Approved")
    assert [p["ModelPackageVersion"] for p in listed["ModelPackageSummaryList"]] == [2]
