"""The whole guided run in a fresh place, and what runs on the platform that it leaves behind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console

from catalog import examples
from catalog.models import MODELS
from catalog.names import scoped
from catalog.spec import ModelSpec
from local.bench.page import Section
from local.run import api, data, training
from local.run.cloud import ENVIRONMENT, Cloud
from local.run.data import Source
from local.run.up import GuidedRun

CALLS = 300
TRIALS = 50


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


def latencies(cloud: Cloud) -> Section:
    """One record through each endpoint alone, and through the whole deployed API to each model."""
    section = Section(
        "Latency on the local platform",
        ("call", "p50 (ms)", "p99 (ms)"),
        before="One record, one caller. The API call crosses the emulator's gateway and function too.",
    )
    stored = data.newest_record(cloud)
    for spec in MODELS:
        for explain in (True, False) if spec.endpoint else ():
            words = "with" if explain else "without"
            times = _percentiles(_invoking(cloud, spec, {"records": [stored], "explain": explain}))
            section.add(f"endpoint {spec.name}, {words} explanation", *times)
    for spec in MODELS:
        address = api.url(cloud) + spec.route
        body = stored if spec.endpoint else examples.one(spec.contract.record)  # which comes now, so is newer

        def ask(address: str = address, body: dict[str, Any] = body) -> object:
            return api.call("POST", address, body)

        section.add("POST " + spec.route, *_percentiles(ask))
    return section


def _invoking(cloud: Cloud, spec: ModelSpec, body: dict[str, Any]) -> Callable[[], object]:
    runtime, sent = cloud.client("sagemaker-runtime"), json.dumps(body).encode()
    name = scoped(ENVIRONMENT, spec.name)

    def invoke() -> object:
        answer = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=sent)
        return answer["Body"].read()

    return invoke


def tuning(cloud: Cloud) -> Section:
    """A tuning job of 50 trials for each model that wants as many, else as the last run's."""
    section = Section(
        f"Tuning, {TRIALS} trials",
        ("model", "seconds", "seconds a trial", "best objective"),
        before="Two trials at once on two cores, over the data of the last run.",
    )
    sagemaker = cloud.client("sagemaker")
    for spec in MODELS:
        if not spec.training or spec.training.tuning.jobs < TRIALS:
            continue
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
