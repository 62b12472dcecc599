"""The life of a job: created, run on a thread of its own, ended with a status and a reason."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.sagemaker.children import Finished, Stop
from local.sagemaker.container import Container
from local.sagemaker.errors import in_use, invalid, not_found, over_limit
from local.sagemaker.machine import Machine, arn
from local.sagemaker.store import TERMINAL, Record

logger = logging.getLogger("local.jobs")

_REASON_LIMIT = 1_024
_MAX_ACTIVE = 100


class JobFailed(Exception):
    """The job's own failure, in the words of its FailureReason."""


class JobStopped(Exception):
    """The job was stopped, or ran past its StoppingCondition."""


@dataclass(frozen=True)
class Kind:
    """One kind of job: its name members and where it logs."""

    table: str
    prefix: str
    arn_prefix: str
    log_group: str

    @property
    def name_key(self) -> str:
        return f"{self.prefix}Name"

    @property
    def status_key(self) -> str:
        return f"{self.prefix}Status"

    def get(self, machine: Machine, name: str) -> Record:
        record = machine.store.get(self.table, name)
        if record is None:
            if self.table == "processing":
                raise invalid(f"Could not find requested job with name: {name}")
            raise not_found("Requested resource not found.")
        return record


PROCESSING = Kind("processing", "ProcessingJob", "processing-job", "/aws/sagemaker/ProcessingJobs")
TRAINING = Kind("training", "TrainingJob", "training-job", "/aws/sagemaker/TrainingJobs")
TUNING = Kind("tuning", "HyperParameterTuningJob", "hyper-parameter-tuning-job", "")


@dataclass
class Job:
    """A running job: its record's name, its request, its container and the switch that stops it."""

    machine: Machine
    kind: Kind
    name: str
    request: dict[str, Any]
    stop: Stop = field(default_factory=Stop)
    on_line: Callable[[str], None] = lambda _line: None

    @property
    def container(self) -> Container:
        return Container(self.machine.jobs_folder / self.kind.table / self.name)

    def update(self, **changes: Any) -> None:
        self.machine.store.update(self.kind.table, self.name, **changes)

    def status(self, status: str, **changes: Any) -> None:
        self.update(**{self.kind.status_key: status}, **changes)

    def log(self, line: str) -> None:
        self.machine.telemetry.log(self.kind.log_group, f"{self.name}/algo-1", line)

    def execute(self, command: list[str], env: dict[str, str], default_runtime_s: int) -> Finished:
        """Run the job's process on one of the machine's processor slots; JobStopped where it was stopped."""
        limit = self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", default_runtime_s)
        code = self.container.ml / "code"
        cwd = code if code.exists() else self.container.ml
        with self.machine.slots:
            if not self.stop.event.is_set():
                finished = self.machine.children.run(
                    command, cwd=cwd, env=env, on_line=self._line, stop=self.stop, timeout=limit
                )
        if self.stop.event.is_set():
            raise JobStopped(self.stop.reason)
        return finished

    def _line(self, line: str) -> None:
        self.log(line)
        self.on_line(line)


def create(machine: Machine, kind: Kind, request: dict[str, Any], **members: Any) -> Job:
    """The record of a new job; ResourceInUse where the name is taken."""
    name = request[kind.name_key]
    active = [r for r in machine.store.all(kind.table) if r[kind.status_key] not in TERMINAL]
    if len(active) >= _MAX_ACTIVE:
        raise over_limit(f"The local stand-in runs at most {_MAX_ACTIVE} {kind.prefix}s at once.")
    now = time.time()
    record = {
        **request,
        f"{kind.prefix}Arn": arn(f"{kind.arn_prefix}/{name}"),
        kind.status_key: "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
        **members,
    }
    if not machine.store.add(kind.table, name, record):
        raise in_use(f"{kind.prefix} {name} already exists: {record[kind.prefix + 'Arn']}")
    job = Job(machine, kind, name, request)
    machine.running[kind.table, name] = job.stop
    return job


def start(job: Job, work: Callable[[Job], dict[str, Any]], *, ended: str) -> None:
    """Run `work` on a thread; its answer completes the record. `ended` names the end-time member."""
    thread = threading.Thread(target=finish, args=(job, work, ended), name=f"job-{job.name}", daemon=True)
    thread.start()


def finish(job: Job, work: Callable[[Job], dict[str, Any]], ended: str) -> None:
    """Run `work` here and write how it ended."""
    try:
        job.container.make("")
        outcome = ("Completed", work(job))
        shutil.rmtree(job.container.folder, ignore_errors=True)
    except JobFailed as failure:
        outcome = ("Failed", {"FailureReason": str(failure)[:_REASON_LIMIT]})
    except JobStopped:
        outcome = ("Stopped", _stopped(job))
    except Exception as error:  # the job must end whatever happens to it
        logger.exception("%s %s", job.kind.prefix, job.name)
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        outcome = ("Failed", {"FailureReason": reason[:_REASON_LIMIT]})
    finally:
        job.machine.running.pop((job.kind.table, job.name), None)
    status, changes = outcome
    if job.kind is TRAINING:
        secondary = changes.pop("SecondaryStatus", status)
        changes["SecondaryStatus"] = secondary
    if job.kind.log_group:
        job.log(f"{status} {changes.get('FailureReason', '')}".strip())
        job.machine.telemetry.flush()
    job.status(status, **{ended: time.time()}, **changes)


def _stopped(job: Job) -> dict[str, Any]:
    if job.kind is TRAINING:
        return {"SecondaryStatus": job.stop.reason}
    return {"ExitMessage": job.stop.reason} if job.kind is PROCESSING else {}


def stop(machine: Machine, kind: Kind, name: str) -> None:
    """StopX: a running job is asked to end; one that has ended is refused as AWS refuses it."""
    record = kind.get(machine, name)
    status = record[kind.status_key]
    if status in TERMINAL:
        raise invalid(f"The request was rejected because the {kind.prefix} is in status {status}.")
    machine.store.update(kind.table, name, **{kind.status_key: "Stopping"})
    switch = machine.running.get((kind.table, name))
    if switch is not None:
        switch.set("Stopped")
