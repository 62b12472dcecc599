"""Run the deployed training state machines and follow them until their models are served."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from catalog import names
from catalog.models import MODELS
from catalog.spec import ModelSpec
from local.run.cloud import ENVIRONMENT, Cloud

POLL_S = 0.5
TIMEOUT_S = 1800
PROMOTION_TIMEOUT_S = 300
EVENTS = 100
"""Of an execution's history, the last: side by side, tasks leave many before the next state is entered."""
AT_ONCE = 3
"""Trainings that share this machine's cores; each runs two trials at once."""
Input = dict[str, Any]
"""What a training state machine is given: the data profile, and how many records it makes for itself."""


def train(cloud: Cloud, inputs: Mapping[str, Input], say: Callable[[str], None]) -> None:
    """Run the training state machine of each model with its input, a few at once; one that runs already is
    followed."""
    _follow(cloud, dict(inputs), say)


def is_trained(cloud: Cloud, spec: ModelSpec, given: Input, since: datetime | None) -> bool:
    """Whether the newest package of a model has its contract and comes from this profile's data as it is now.

    `since` is when that data was loaded; None where the run makes it for itself, always the same.
    """
    package = latest_package(cloud, spec.name)
    if package is None:
        return False
    known = package.get("CustomerMetadataProperties", {})
    same = (known.get("profile"), known.get("contract_hash")) == (given["profile"], spec.contract.hash)
    return bool(same and (since is None or package["CreationTime"] > since))


def _execution(cloud: Cloud, model: str, given: Input) -> str:
    """The running execution of a model's training, started where none runs."""
    machine = machine_arn(cloud, names.training_machine(ENVIRONMENT, model))
    states = cloud.client("stepfunctions")
    for execution in states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
        return str(execution["executionArn"])
    started = states.start_execution(stateMachineArn=machine, input=json.dumps(given))
    return str(started["executionArn"])


def machine_arn(cloud: Cloud, name: str) -> str:
    pages = cloud.client("stepfunctions").get_paginator("list_state_machines").paginate()
    found = {m["name"]: m["stateMachineArn"] for page in pages for m in page["stateMachines"]}
    if name not in found:
        raise RuntimeError(f"no state machine {name!r} is deployed; there are: {', '.join(sorted(found))}")
    return str(found[name])


def _follow(cloud: Cloud, waiting: dict[str, Input], say: Callable[[str], None]) -> None:
    states = cloud.client("stepfunctions")
    deadline = time.monotonic() + TIMEOUT_S
    pending: dict[str, str] = {}
    while pending or waiting:
        if time.monotonic() > deadline:
            raise RuntimeError(f"training of {', '.join(pending)} took longer than {TIMEOUT_S} s")
        while waiting and len(pending) < AT_ONCE:
            model = next(iter(waiting))
            pending[model] = _execution(cloud, model, waiting.pop(model))
        for model, arn in list(pending.items()):
            execution = states.describe_execution(executionArn=arn)
            if execution["status"] == "SUCCEEDED":
                del pending[model]
            elif execution["status"] != "RUNNING":
                cause = execution.get("cause") or _last_failure(states, arn)
                raise RuntimeError(f"training of {model} ended as {execution['status']}: {cause}")
        told = [f"{m}: {_state(cloud, m, arn)}" for m, arn in pending.items()]
        say(" · ".join([*told, *([f"{len(waiting)} wait"] if waiting else [])]))
        time.sleep(POLL_S)


def _state(cloud: Cloud, model: str, arn: str) -> str:
    """The state an execution is in; while it tunes, how far."""
    history = cloud.client("stepfunctions").get_execution_history(
        executionArn=arn, reverseOrder=True, maxResults=EVENTS
    )
    details = (event.get("stateEnteredEventDetails") for event in history["events"])
    entered = [each["name"] for each in details if each]
    name = entered[0] if entered else "starting"
    jobs = latest_tunings(cloud, model) if "tune" in name.lower() else []
    if not jobs:
        return name.lower()
    limits = [job["HyperParameterTuningJobConfig"]["ResourceLimits"] for job in jobs]
    done = sum(job["TrainingJobStatusCounters"]["Completed"] for job in jobs)
    learners = f" of {len(jobs)} learners" if len(jobs) > 1 else ""
    return (
        f"tuning, {done} of {sum(each['MaxNumberOfTrainingJobs'] for each in limits)} trials{learners} done"
    )


def latest_tuning(cloud: Cloud, model: str) -> dict[str, Any] | None:
    """The newest tuning job whose trials write to the model's own place, described."""
    return next(iter(latest_tunings(cloud, model)), None)


def latest_tunings(cloud: Cloud, model: str) -> list[dict[str, Any]]:
    """The newest tuning jobs of a model, one for each learner that its newest run tunes, described."""
    sagemaker = cloud.client("sagemaker")
    newest = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 100}
    listed = sagemaker.list_hyper_parameter_tuning_jobs(**newest)["HyperParameterTuningJobSummaries"]
    found: dict[str, dict[str, Any]] = {}
    run = None
    for name in (job["HyperParameterTuningJobName"] for job in listed):
        learner, *of_run = _parts(name)
        if learner in found or run not in (None, of_run):
            continue
        job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        if f"/{model}/" in job["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]:
            found[learner], run = job, of_run
    return list(found.values())


def _parts(tuning_job: str) -> list[str]:
    """`prod-iops-r-1f3a-261121-a1b2c3-0`: whose it is, then the day and number of its run."""
    return tuning_job.rsplit("-", 3)[:3]


def reason(cause: str) -> str:
    """A job's own words, where the cause is the job's description."""
    try:
        described = json.loads(cause)
    except ValueError:
        return cause
    words = (
        described.get("FailureReason") or described.get("errorMessage")
        if isinstance(described, dict)
        else None
    )
    return str(words or cause)


def _last_failure(states: Any, arn: str) -> str:
    history = states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=20)
    for event in history["events"]:
        for key, details in event.items():
            if key.endswith("FailedEventDetails") and details.get("cause"):
                return str(details["cause"])
    return "no cause was recorded"


def latest_package(cloud: Cloud, model: str) -> dict[str, Any] | None:
    """The newest model package of a model, described; None before the first."""
    sagemaker = cloud.client("sagemaker")
    newest = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
    group = names.scoped(ENVIRONMENT, model)
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group, **newest)["ModelPackageSummaryList"]
    if not listed:
        return None
    package: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=listed[0]["ModelPackageArn"])
    return package


def await_promotion(cloud: Cloud, packages: dict[str, str], say: Callable[[str], None]) -> None:
    """Wait until each approved package serves; RuntimeError where a promotion was taken back."""
    deadline = time.monotonic() + PROMOTION_TIMEOUT_S
    waiting = dict(packages)
    while waiting:
        for model, package in list(waiting.items()):
            if cloud.champion(model) == package and _in_service(cloud, model):
                del waiting[model]
            elif cause := _taken_back(cloud, package):
                raise RuntimeError(f"the promotion of {model} was taken back: {cause}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"promotion of {', '.join(waiting)} took longer than {PROMOTION_TIMEOUT_S} s")
        say(f"{len(packages) - len(waiting)} of {len(packages)} serve")
        time.sleep(POLL_S if waiting else 0)


def _taken_back(cloud: Cloud, package: str) -> str | None:
    """Why the promotion of `package` failed, where it did."""
    states = cloud.client("stepfunctions")
    machine = machine_arn(cloud, names.promotion_machine(ENVIRONMENT))
    for failed in states.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]:
        execution = states.describe_execution(executionArn=failed["executionArn"])
        if json.loads(execution["input"]).get("package") == package:
            return str(execution.get("cause") or "no cause was recorded")
    return None


def _in_service(cloud: Cloud, model: str) -> bool:
    if next(spec for spec in MODELS if spec.name == model).function:
        return True  # it reads its champion itself
    sagemaker = cloud.client("sagemaker")
    try:
        status = sagemaker.describe_endpoint(EndpointName=names.scoped(ENVIRONMENT, model))["EndpointStatus"]
    except sagemaker.exceptions.ClientError:
        return False
    return bool(status == "InService")
