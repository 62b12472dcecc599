"""The trials of a tuning job as its Describe and List calls show them."""

from __future__ import annotations

from typing import Any

from local.sagemaker import jobs
from local.sagemaker.machine import Machine
from local.sagemaker.store import Record


def children(machine: Machine, name: str) -> list[Record]:
    arn = jobs.TUNING.get(machine, name)["HyperParameterTuningJobArn"]
    return [r for r in machine.store.all(jobs.TRAINING.table) if r.get("TuningJobArn") == arn]


def summary(record: Record) -> Record:
    """HyperParameterTrainingJobSummary of one trial."""
    names = (
        "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime",
        "TrainingJobStatus", "TunedHyperParameters", "FailureReason", "ObjectiveStatus",
        "FinalHyperParameterTuningJobObjectiveMetric",
    )  # fmt: skip
    return {"ObjectiveStatus": "Pending", **{name: record[name] for name in names if name in record}}


def list_trials(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    """ListTrainingJobsForHyperParameterTuningJob, sorted by objective or time."""
    found = [summary(r) for r in children(machine, request["HyperParameterTuningJobName"])]
    if "StatusEquals" in request:
        found = [r for r in found if r["TrainingJobStatus"] == request["StatusEquals"]]
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        found = [r for r in found if "FinalHyperParameterTuningJobObjectiveMetric" in r]
        found.sort(key=lambda r: r["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])
    else:
        found.sort(key=lambda r: (r["CreationTime"], r["TrainingJobName"]))
    if request.get("SortOrder") == "Descending":
        found.reverse()
    start, size = int(request.get("NextToken", "0")), request.get("MaxResults", 10)
    more = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {"TrainingJobSummaries": found[start : start + size], **more}


def counters(found: list[Record]) -> dict[str, int]:
    statuses = [r["TrainingJobStatus"] for r in found]
    return {
        "Completed": statuses.count("Completed"),
        "InProgress": statuses.count("InProgress") + statuses.count("Stopping"),
        "RetryableError": 0,
        "NonRetryableError": statuses.count("Failed"),
        "Stopped": statuses.count("Stopped"),
    }
