"""The whole guided run in a fresh place, and what runs on the platform that it leaves behind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console

from catalog.models import MODELS
from local.bench.page import Section
from local.run import api, data, report, training
from local.run.cloud import ENVIRONMENT, Cloud
from local.run.data import Source
from local.run.up import GuidedRun

CALLS = 300
TRIALS = 50
BASELINES = ("constant", "persistence", "rule")


def whole_run(console: Console, home: Path, source: Source) -> tuple[GuidedRun, Section]:
    """A guided run from nothing; its steps as a table."""
    run = GuidedRun(console, home)
    served = run.all(source)
    section = Section(
        f"The whole `make run`, {source.profile}",
        ("step", "seconds"),
        before="On a set-up machine, from no process to answered predictions. Goal on synthetic data: 150 s.",
        after="" if served else "Not every model passed its gates; the run says so and ends with an error.",
    )
    for step in run.steps.done:
        section.add(step.title, step.elapsed)
    section.add("**all**", sum(step.elapsed for step in run.steps.done))
    return run, section


def quality(cloud: Cloud, profile: str) -> Section:
    """The newest evaluation of each model beside its trivial baselines."""
    section = Section(
        f"Quality on `{profile}`",
        ("model", "verdict", "metric", "test split", "sent alone", "constant", "persistence", "rule"),
        before="The untouched test split. Sent alone: each record without its volume's history. "
        "Persistence: the volume's last label known at the time. Rule: the fallback.",
    )
    for spec in MODELS:
        package = training.latest_package(cloud, spec.name)
        if package is None:
            continue
        evaluation = report.evaluation(cloud, package)
        for metric, value in evaluation["metrics"].items():
            others = [evaluation["alone"], *(evaluation["baselines"][name] for name in BASELINES)]
            shown = [f"{found[metric]:.4f}" if metric in found else "-" for found in others]
            section.add(spec.name, package["ModelApprovalStatus"], metric, f"{value:.4f}", *shown)
    return section


def latencies(cloud: Cloud) -> Section:
    """One record through the endpoint alone and through the whole deployed API."""
    section = Section(
        "Latency on the local platform",
        ("call", "p50 (ms)", "p99 (ms)"),
        before="One record, one caller. The API call crosses the emulator's gateway and function too.",
    )
    record, runtime = data.newest_record(cloud), cloud.client("sagemaker-runtime")
    for spec in MODELS:
        for explain in (True, False):
            body = json.dumps({"records": [record], "explain": explain}).encode()

            def invoke(body: bytes = body, name: str = f"{ENVIRONMENT}-{spec.name}") -> None:
                answer = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=body)
                answer["Body"].read()

            words = "with" if explain else "without"
            section.add(f"endpoint {spec.name}, {words} explanation", *_percentiles(invoke))
    address = api.url(cloud) + MODELS[0].route
    section.add("POST " + MODELS[0].route, *_percentiles(lambda: api.call("POST", address, record)))
    return section


def tuning(cloud: Cloud) -> Section:
    """A tuning job of 50 trials for each model, as the last run's but for the number of trials."""
    section = Section(
        f"Tuning, {TRIALS} trials",
        ("model", "seconds", "seconds a trial", "best objective"),
        before="Two trials at once on two cores, over the data of the last run.",
    )
    sagemaker = cloud.client("sagemaker")
    for spec in MODELS:
        name = f"bench-{spec.name[:12]}-{int(time.time()) % 10**8}"
        sagemaker.create_hyper_parameter_tuning_job(
            **_fifty(cloud, spec.name), HyperParameterTuningJobName=name
        )
        started = time.monotonic()
        while (job := _describe(sagemaker, name))["HyperParameterTuningJobStatus"] == "InProgress":
            time.sleep(0.5)
        seconds = time.monotonic() - started
        best = job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
        section.add(spec.name, seconds, seconds / TRIALS, f"{best['MetricName']} {best['Value']:.4f}")
    return section


def _fifty(cloud: Cloud, model: str) -> dict[str, Any]:
    last = training.latest_tuning(cloud, model)
    if last is None:
        raise RuntimeError(f"no tuning job of {model} was found to repeat")
    config = last["HyperParameterTuningJobConfig"]
    config["ResourceLimits"] |= {"MaxNumberOfTrainingJobs": TRIALS, "MaxParallelTrainingJobs": 2}
    return {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": last["TrainingJobDefinition"]}


def _describe(sagemaker: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return found


def _percentiles(call: Callable[[], object]) -> tuple[float, float]:
    for _ in range(10):
        call()
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - started))
    return median(times), quantiles(times, n=100)[98]
