"""Training jobs in script mode: channels from S3, metrics scraped from the log, model.tar.gz to S3."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from local.sagemaker import builtin_metrics, jobs
from local.sagemaker.errors import unsupported
from local.sagemaker.jobs import Job, JobFailed
from local.sagemaker.machine import Machine
from local.sagemaker.objects import pack
from local.sagemaker.toolkit import command, lay_out, variables

_DEFAULT_RUNTIME_S = 86_400
_CHECKPOINTS = "/opt/ml/checkpoints"
Observer = Callable[[str, float], None]


def create(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    job = new(machine, request)
    jobs.start(job, run, ended="TrainingEndTime")
    return {"TrainingJobArn": jobs.TRAINING.get(machine, job.name)["TrainingJobArn"]}


def new(machine: Machine, request: dict[str, Any], **members: Any) -> Job:
    """The record of a training job that someone else will run."""
    refuse(request)
    return jobs.create(machine, jobs.TRAINING, request, SecondaryStatus="Starting", **members)


def run(job: Job, observe: Observer | None = None) -> dict[str, Any]:
    """The whole job; `observe` hears each metric as it is printed."""
    started = time.time()
    job.update(TrainingStartTime=started, SecondaryStatus="Downloading")
    _download(job)
    lay_out(job)
    metrics = Metrics(builtin_metrics.definitions(job.request["AlgorithmSpecification"]), observe)
    job.on_line = metrics.read
    job.update(SecondaryStatus="Training")
    try:
        finished = job.execute(command(job), variables(job), _DEFAULT_RUNTIME_S)
    finally:
        _save_checkpoints(job)
        job.update(FinalMetricDataList=metrics.final())
    if finished.code != 0:
        last = job.container.text("output/failure") or "; ".join(filter(str.strip, finished.tail[-5:]))
        raise JobFailed(f"AlgorithmError: {last}, exit code: {finished.code}")
    job.update(SecondaryStatus="Uploading")
    seconds = max(1, round(time.time() - started))
    metrics.publish(job)
    return {**_upload(job), "TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}


class Metrics:
    """The last value of each declared metric, read from the job's output by its regular expression."""

    def __init__(self, definitions: list[dict[str, str]], observe: Observer | None = None) -> None:
        self._patterns = [(d["Name"], re.compile(d["Regex"])) for d in definitions]
        self._observe = observe
        self._last: dict[str, tuple[float, float]] = {}

    def read(self, line: str) -> None:
        for name, pattern in self._patterns:
            for text in pattern.findall(line):
                try:
                    value = float(text)
                except (TypeError, ValueError):
                    continue
                self._last[name] = (value, time.time())
                if self._observe:
                    self._observe(name, value)

    def final(self) -> list[dict[str, Any]]:
        return [{"MetricName": n, "Value": v, "Timestamp": at} for n, (v, at) in self._last.items()]

    def publish(self, job: Job) -> None:
        for name, (value, _) in self._last.items():
            dimensions = (("TrainingJobName", job.name),)
            job.machine.telemetry.metric("/aws/sagemaker/TrainingJobs", name, dimensions, value, "None")


def _download(job: Job) -> None:
    objects, container = job.machine.objects, job.container
    for channel in job.request.get("InputDataConfig", []):
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        if not objects.download(uri, container.ml / "input" / "data" / channel["ChannelName"]):
            raise JobFailed(f"ClientError: Data download failed: no S3 objects found under S3 URL {uri!r}")
    checkpoint = job.request.get("CheckpointConfig")
    if checkpoint:
        objects.download(checkpoint["S3Uri"].rstrip("/") + "/", _checkpoints(job))


def _checkpoints(job: Job) -> Any:
    return job.container.path(job.request["CheckpointConfig"].get("LocalPath", _CHECKPOINTS))


def _save_checkpoints(job: Job) -> None:
    if "CheckpointConfig" in job.request:
        job.machine.objects.upload(_checkpoints(job), job.request["CheckpointConfig"]["S3Uri"])


def _upload(job: Job) -> dict[str, Any]:
    ml = job.container.ml
    target = f"{job.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output"
    archive = job.container.folder / "model.tar.gz"
    pack(ml / "model", archive)
    job.machine.objects.upload_file(archive, f"{target}/model.tar.gz")
    if any((ml / "output" / "data").iterdir()):
        pack(ml / "output" / "data", job.container.folder / "output.tar.gz")
        job.machine.objects.upload_file(job.container.folder / "output.tar.gz", f"{target}/output.tar.gz")
    return {"ModelArtifacts": {"S3ModelArtifacts": f"{target}/model.tar.gz"}}


def refuse(request: dict[str, Any]) -> None:
    """What AWS would run and this cannot: named, one at a time."""
    algorithm = request["AlgorithmSpecification"]
    if "AlgorithmName" in algorithm:
        raise unsupported("AlgorithmSpecification.AlgorithmName", "; supported: TrainingImage in script mode")
    builtin_metrics.refuse(algorithm, [])
    if algorithm["TrainingInputMode"] == "Pipe":
        raise unsupported("TrainingInputMode Pipe", "; supported: File, FastFile")
    if request["ResourceConfig"].get("InstanceCount", 1) != 1:
        raise unsupported("A training job on more than one instance")
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource", {})
        if source.get("S3DataType") != "S3Prefix":
            raise unsupported(f"Channel {channel['ChannelName']} without S3DataType S3Prefix")
    parameters = {**request.get("StaticHyperParameters", {}), **request.get("HyperParameters", {})}
    if "ContainerEntrypoint" not in algorithm and "sagemaker_program" not in parameters:
        raise unsupported(
            "A built-in algorithm",
            "; set the hyperparameters sagemaker_program and sagemaker_submit_directory",
        )
