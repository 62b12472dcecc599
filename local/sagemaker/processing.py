"""Processing jobs: inputs from S3, the container's entrypoint as a process, outputs to S3."""

from __future__ import annotations

import time
from typing import Any

from local.sagemaker import jobs
from local.sagemaker.container import resource_config
from local.sagemaker.errors import unsupported
from local.sagemaker.jobs import Job, JobFailed
from local.sagemaker.machine import Machine

_DEFAULT_RUNTIME_S = 86_400


def create(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    _refuse(request)
    job = jobs.create(machine, jobs.PROCESSING, request)
    jobs.start(job, run, ended="ProcessingEndTime")
    return {"ProcessingJobArn": jobs.PROCESSING.get(machine, job.name)["ProcessingJobArn"]}


def run(job: Job) -> dict[str, Any]:
    job.update(ProcessingStartTime=time.time())
    _prepare(job)
    app = job.request["AppSpecification"]
    words = [*app["ContainerEntrypoint"], *app.get("ContainerArguments", [])]
    env = {
        **job.machine.environment(),
        **job.container.relocate_all(job.request.get("Environment", {})),
        "PROCESSING_JOB_NAME": job.name,
    }
    finished = job.execute([job.container.relocate(word) for word in words], env, _DEFAULT_RUNTIME_S)
    message = job.container.text("output/message")
    if finished.code != 0:
        last = "; ".join(line for line in finished.tail[-5:] if line.strip())
        raise JobFailed(f"AlgorithmError: {message or last}, exit code: {finished.code}")
    for output in job.request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        target = output["S3Output"]
        job.machine.objects.upload(job.container.path(target["LocalPath"]), target["S3Uri"])
    return {"ExitMessage": message[:1024]} if message else {}


def _prepare(job: Job) -> None:
    container, request = job.container, job.request
    for source in request.get("ProcessingInputs", []):
        origin = source["S3Input"]
        found = job.machine.objects.download(origin["S3Uri"], container.path(origin["LocalPath"]))
        if not found:
            raise JobFailed(f"ClientError: No S3 objects found under S3 URL {origin['S3Uri']!r}")
    for output in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        container.path(output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
    cluster = request["ProcessingResources"]["ClusterConfig"]
    container.make("output")
    container.write_json("config/resourceconfig.json", resource_config(cluster["InstanceType"]))
    container.write_json("config/processingjobconfig.json", request)


def _refuse(request: dict[str, Any]) -> None:
    if not request["AppSpecification"].get("ContainerEntrypoint"):
        raise unsupported("A processing job without AppSpecification.ContainerEntrypoint")
    if request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] != 1:
        raise unsupported("A processing job on more than one instance")
    for source in request.get("ProcessingInputs", []):
        if "S3Input" not in source:
            raise unsupported(f"Processing input {source['InputName']} without S3Input")
        if source["S3Input"].get("S3DataType") == "ManifestFile":
            raise unsupported("S3DataType ManifestFile", "; supported: S3Prefix")
    for output in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "S3Output" not in output:
            raise unsupported(f"Processing output {output['OutputName']} without S3Output")
