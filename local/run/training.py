"""Run the deployed training state machines and follow them until their models are served."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.run.cloud import Cloud

POLL_S = 0.5
TIMEOUT_S = 1800


@dataclass(frozen=True)
class Outcome:
    """How one model's training ended: its package, verdict and evaluation."""

    model: str
    package: str
    status: str
    reasons: str
    evaluation: dict[str, Any]
    tuning: dict[str, Any]
    fresh: bool


def train(
    cloud: Cloud, environment: str, models: Sequence[str], profile: str, stamp: str, say: Callable[[str], None]
) -> None:
    """Train the models whose champion does not come from this data yet, all at once; resume what runs."""
    started = {m: _execution(cloud, environment, m, profile, stamp) for m in models}
    _follow(cloud, environment, {m: arn for m, arn in started.items() if arn}, say)


def _execution(cloud: Cloud, environment: str, model: str, profile: str, stamp: str) -> str:
    """The running execution of a model's training, started where none runs."""
    machine = machine_arn(cloud, f"{environment}-{model}-training")
    states = cloud.client("stepfunctions")
    for execution in states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
        return str(execution["executionArn"])
    payload = json.dumps({"profile": profile})
    name = f"{stamp}-{int(time.time())}"
    return str(states.start_execution(stateMachineArn=machine, name=name, input=payload)["executionArn"])


def machine_arn(cloud: Cloud, name: str) -> str:
    pages = cloud.client("stepfunctions").get_paginator("list_state_machines").paginate()
    found = {m["name"]: m["stateMachineArn"] for page in pages for m in page["stateMachines"]}
    if name not in found:
        raise RuntimeError(f"no state machine {name!r} is deployed; there are: {', '.join(sorted(found))}")
    return str(found[name])


def _follow(cloud: Cloud, environment: str, running: dict[str, str], say: Callable[[str], None]) -> None:
    states = cloud.client("stepfunctions")
    deadline = time.monotonic() + TIMEOUT_S
    pending = dict(running)
    while pending:
        if time.monotonic() > deadline:
            raise RuntimeError(f"training of {', '.join(pending)} took longer than {TIMEOUT_S} s")
        for model, arn in list(pending.items()):
            execution = states.describe_execution(executionArn=arn)
            if execution["status"] == "SUCCEEDED":
                del pending[model]
            elif execution["status"] != "RUNNING":
                cause = execution.get("cause") or _last_failure(states, arn)
                raise RuntimeError(f"training of {model} ended as {execution['status']}: {cause}")
        say(" · ".join(f"{m}: {_state(cloud, environment, m, arn)}" for m, arn in pending.items()))
        time.sleep(POLL_S)


def _state(cloud: Cloud, environment: str, model: str, arn: str) -> str:
    """The state an execution is in; while it tunes, how far."""
    history = cloud.client("stepfunctions").get_execution_history(
        executionArn=arn, reverseOrder=True, maxResults=10
    )
    entered = [e["stateEnteredEventDetails"]["name"] for e in history["events"] if "stateEnteredEventDetails" in e]
    name = entered[0] if entered else "starting"
    if "tune" not in name.lower():
        return name.lower()
    jobs = cloud.client("sagemaker").list_hyper_parameter_tuning_jobs(
        NameContains=model, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )["HyperParameterTuningJobSummaries"]
    if not jobs:
        return name.lower()
    counters = jobs[0]["TrainingJobStatusCounters"]
    limit = jobs[0].get("ResourceLimits", {}).get("MaxNumberOfTrainingJobs", "?")
    return f"tuning, {counters['Completed']} of {limit} trials done"


def _last_failure(states: Any, arn: str) -> str:
    history = states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=20)
    for event in history["events"]:
        for key, details in event.items():
            if key.endswith("FailedEventDetails") and details.get("cause"):
                return str(details["cause"])
    return "no cause was recorded"


def latest_package(cloud: Cloud, environment: str, model: str) -> dict[str, Any] | None:
    """The newest model package of a model, described; None before the first."""
    sagemaker = cloud.client("sagemaker")
    listed = sagemaker.list_model_packages(
        ModelPackageGroupName=f"{environment}-{model}", SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )["ModelPackageSummaryList"]
    if not listed:
        return None
    package: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=listed[0]["ModelPackageArn"])
    return package


def await_promotion(
    cloud: Cloud, environment: str, packages: dict[str, str], say: Callable[[str], None]
) -> dict[str, bool]:
    """Wait until each approved package serves; False where its promotion ended otherwise."""
    deadline = time.monotonic() + 300
    states = cloud.client("stepfunctions")
    machine = machine_arn(cloud, f"{environment}-promotion")
    result: dict[str, bool] = {}
    while len(result) < len(packages):
        if time.monotonic() > deadline:
            raise RuntimeError("promotion took longer than 300 s; see `make status`")
        running = states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        for model, package in packages.items():
            serves = cloud.champion(environment, model) == package and _in_service(cloud, environment, model)
            if serves and not running:
                result[model] = True
        say(f"promoted {len(result)} of {len(packages)}")
        if not running and len(result) < len(packages):
            failed = states.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
            if len(failed) >= len(packages) - len(result):
                result.update({m: False for m in packages if m not in result})
        time.sleep(POLL_S)
    return result


def _in_service(cloud: Cloud, environment: str, model: str) -> bool:
    sagemaker = cloud.client("sagemaker")
    try:
        status = sagemaker.describe_endpoint(EndpointName=f"{environment}-{model}")["EndpointStatus"]
    except sagemaker.exceptions.ClientError:
        return False
    return bool(status == "InService")
