"""Tuning jobs as they run: a bar for each, until all have ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from commands import screen

FIRST_POLL_S, LONGEST_POLL_S = 1.0, 15.0
ENDED = ("Completed", "Failed", "Stopped", "DeleteFailed")


def follow(client: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """Each job's last description, once all have ended; asked ever less often."""
    wait_s = FIRST_POLL_S
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen.told()) as progress:
        bars = {name: progress.add_task(name, total=None) for name in names}
        while True:
            jobs = [
                client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name) for name in names
            ]
            for job in jobs:
                name, status = job["HyperParameterTuningJobName"], job["HyperParameterTuningJobStatus"]
                limits = job["HyperParameterTuningJobConfig"]["ResourceLimits"]
                progress.update(
                    bars[name],
                    description=f"{name} {status}{_best(job)}",
                    completed=_ended(job),
                    total=limits["MaxNumberOfTrainingJobs"],
                )
            if all(job["HyperParameterTuningJobStatus"] in ENDED for job in jobs):
                return jobs
            time.sleep(wait_s)
            wait_s = min(LONGEST_POLL_S, 1.5 * wait_s)


def tell(jobs: Sequence[dict[str, Any]]) -> bool:
    """Prints what the jobs found; whether all completed."""
    for job in jobs:
        best = job.get("BestTrainingJob", {}).get("TrainingJobName")
        found = f"best{_best(job)} by {best}" if best else job.get("FailureReason", "no trial was best")
        name, status = job["HyperParameterTuningJobName"], job["HyperParameterTuningJobStatus"]
        screen.say(f"{name} {status} after {_ended(job)} trials: {found}")
    return all(job["HyperParameterTuningJobStatus"] == "Completed" for job in jobs)


def _ended(job: dict[str, Any]) -> int:
    counts = job.get("TrainingJobStatusCounters", {})
    return sum(counts.get(kind, 0) for kind in ("Completed", "NonRetryableError", "Stopped"))


def _best(job: dict[str, Any]) -> str:
    best = job.get("BestTrainingJob", {}).get("FinalHyperParameterTuningJobObjectiveMetric")
    return f" {best['MetricName']} {best['Value']:.4g}" if best else ""
