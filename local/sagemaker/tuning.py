"""Hyperparameter tuning jobs: training jobs side by side, each asked of the search and told back."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from local.sagemaker import builtin_metrics, jobs, training
from local.sagemaker.errors import invalid, unsupported
from local.sagemaker.jobs import Job, JobFailed, JobStopped
from local.sagemaker.machine import Machine
from local.sagemaker.store import Record
from local.sagemaker.trials import children, counters, summary

_DEFINITION_ONLY = ("DefinitionName", "TuningObjective", "HyperParameterRanges", "StaticHyperParameters")
_REFUSED = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")


def create(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    _refuse(request)
    job = jobs.create(
        machine,
        jobs.TUNING,
        request,
        ResourceLimits=request["HyperParameterTuningJobConfig"]["ResourceLimits"],  # List tells it
        TrainingJobStatusCounters=counters([]),
        ObjectiveStatusCounters={"Succeeded": 0, "Pending": 0, "Failed": 0},
    )
    jobs.start(job, run, ended="HyperParameterTuningEndTime")
    record = jobs.TUNING.get(machine, job.name)
    return {"HyperParameterTuningJobArn": record["HyperParameterTuningJobArn"]}


def run(job: Job) -> dict[str, Any]:
    # Optuna takes a second to import: only a machine that tunes pays for it.
    from local.sagemaker.search import Search

    limits = job.request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    tuner = Tuner(job, Search(job.request))
    count = limits["MaxNumberOfTrainingJobs"]
    with ThreadPoolExecutor(limits["MaxParallelTrainingJobs"]) as pool:
        list(pool.map(tuner.trial, range(1, count + 1)))
    if job.stop.event.is_set():
        raise JobStopped(job.stop.reason)
    if tuner.best is None:
        raise JobFailed("All training jobs failed. The first failure: " + tuner.first_failure())
    return {}


@dataclass
class Tuner:
    """The trials of one tuning job and what is known of them."""

    job: Job
    search: Any
    best: Record | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def trial(self, number: int) -> None:
        if self.job.stop.event.is_set() or self._hopeless():
            return
        proposal, values = self.search.ask()
        child = training.new(
            self.job.machine,
            self._request(number, values),
            TuningJobArn=self._arn(),
            TunedHyperParameters=values,
        )
        steps = 0

        def observe(metric: str, value: float) -> None:
            nonlocal steps
            if metric == self.search.metric:
                steps += 1
                if self.search.report(proposal, value, steps):
                    child.stop.set("EarlyStopped")

        self._publish()
        if self.job.stop.event.is_set():
            child.stop.set("Stopped")
        jobs.finish(child, lambda own: training.run(own, observe), ended="TrainingEndTime")
        value = self._objective(child.name)
        self.search.tell(proposal, value)
        self._note(child.name, value)

    def first_failure(self) -> str:
        reasons = [record.get("FailureReason", "") for record in children(self.job.machine, self.job.name)]
        return next(filter(None, reasons), f"no job printed {self.search.metric}")

    def _request(self, number: int, values: dict[str, str]) -> dict[str, Any]:
        definition = self.job.request["TrainingJobDefinition"]
        digest = hashlib.sha256(f"{self.job.name} {number}".encode()).hexdigest()[:8]
        request = {key: value for key, value in definition.items() if key not in _DEFINITION_ONLY}
        request["TrainingJobName"] = f"{self.job.name}-{number:03d}-{digest}"
        request["HyperParameters"] = {
            **definition.get("StaticHyperParameters", {}),
            **values,
            "_tuning_objective_metric": self.search.metric,
        }
        if "CheckpointConfig" in request:
            checkpoint = request["CheckpointConfig"]
            own = f"{checkpoint['S3Uri'].rstrip('/')}/{request['TrainingJobName']}"
            request["CheckpointConfig"] = {**checkpoint, "S3Uri": own}
        return request

    def _arn(self) -> str:
        return str(jobs.TUNING.get(self.job.machine, self.job.name)["HyperParameterTuningJobArn"])

    def _hopeless(self) -> bool:
        """Every one of the first trials failed: the rest would too."""
        parallel = self.job.request["HyperParameterTuningJobConfig"]["ResourceLimits"][
            "MaxParallelTrainingJobs"
        ]
        ended = [r for r in children(self.job.machine, self.job.name) if "TrainingEndTime" in r]
        return len(ended) >= max(3, parallel) and all(r["TrainingJobStatus"] == "Failed" for r in ended)

    def _objective(self, name: str) -> float | None:
        record = jobs.TRAINING.get(self.job.machine, name)
        found = {m["MetricName"]: float(m["Value"]) for m in record.get("FinalMetricDataList", [])}
        return found.get(self.search.metric) if record["TrainingJobStatus"] != "Failed" else None

    def _note(self, name: str, value: float | None) -> None:
        final = value is not None and {"MetricName": self.search.metric, "Value": value}
        changes = {"ObjectiveStatus": "Succeeded" if final else "Failed"}
        if final:
            goal = self.job.request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"][
                "Type"
            ]
            changes["FinalHyperParameterTuningJobObjectiveMetric"] = {"Type": goal, **final}  # type: ignore[assignment]
        store = self.job.machine.store
        store.update(jobs.TRAINING.table, name, **changes)
        with self._lock:
            held = self.best and self.best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
            if value is not None and self.search.better(value, held):
                self.best = summary(jobs.TRAINING.get(self.job.machine, name))
        self._publish()

    def _publish(self) -> None:
        found = children(self.job.machine, self.job.name)
        objectives = [r.get("ObjectiveStatus", "Pending") for r in found]
        self.job.update(
            TrainingJobStatusCounters=counters(found),
            ObjectiveStatusCounters={s: objectives.count(s) for s in ("Succeeded", "Pending", "Failed")},
            **({"BestTrainingJob": self.best} if self.best else {}),
        )


def stop(machine: Machine, name: str) -> None:
    """Stop the tuning job and every trial that runs."""
    jobs.stop(machine, jobs.TUNING, name)
    for record in children(machine, name):
        switch = machine.running.get((jobs.TRAINING.table, record["TrainingJobName"]))
        if switch is not None:
            switch.set("Stopped")


def _refuse(request: dict[str, Any]) -> None:
    from local.sagemaker import search

    for name in _REFUSED:
        if name in request:
            raise unsupported(
                f"CreateHyperParameterTuningJob with {name}", "; supported: TrainingJobDefinition"
            )
    config = request["HyperParameterTuningJobConfig"]
    if "TrainingJobDefinition" not in request or "HyperParameterTuningJobObjective" not in config:
        raise invalid("TrainingJobDefinition and HyperParameterTuningJobObjective are required.")
    search.refuse(request)
    training.refuse(request["TrainingJobDefinition"])
    algorithm = request["TrainingJobDefinition"]["AlgorithmSpecification"]
    ranges = config.get("ParameterRanges", {}).values()
    builtin_metrics.refuse(algorithm, [span["Name"] for kind in ranges for span in kind])
    names = {definition["Name"] for definition in builtin_metrics.definitions(algorithm)}
    objective = config["HyperParameterTuningJobObjective"]["MetricName"]
    if objective not in names:
        raise invalid(
            f"The objective metric {objective} is not among the metric definitions: {sorted(names)}."
        )
