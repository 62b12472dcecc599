"""One task: the container's command as a process of this machine, with a port of its own."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from local.fargate.balancer import Balancer
from local.fargate.definitions import Container
from local.fargate.targets import HEALTHY, UNHEALTHY, Group, Target
from local.run.processes import free_port
from local.sagemaker.machine import Machine

_LOG_LIMIT = 8_192


@dataclass(eq=False)
class Task:
    """A started task. `definition` is the ARN it was started from."""

    machine: Machine
    balancer: Balancer
    container: Container
    definition: str
    group: Group | None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: float = field(default_factory=time.time)
    target: Target | None = None
    ending: bool = False
    _cpu: tuple[float, float] | None = None

    def start(self) -> None:
        """OSError where the command does not exist."""
        self.folder.mkdir(parents=True)
        port = free_port()
        env = {
            **self.machine.environment(),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            **self.container.environment,
            # The container's own address is the whole machine's here, so each task gets a port of its own.
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }
        self.process: subprocess.Popen[bytes] = self.machine.children.start(
            self.container.command,
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._forward_log, name="task-log", daemon=True).start()
        if self.group:
            self.target = self.balancer.register(self.group, port)

    @property
    def folder(self) -> Path:
        return self.machine.tasks_folder / self.id

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def serves(self) -> bool:
        """Whether it lives and, behind a load balancer, passes its health check."""
        return self.alive and not self.ending and (self.target is None or self.target.state == HEALTHY)

    @property
    def unhealthy(self) -> bool:
        return self.target is not None and self.target.state == UNHEALTHY

    def stop(self) -> None:
        """Out of the target group first, then SIGTERM; by force after the container's own stop time-out."""
        self.ending = True
        if self.group and self.target:
            self.balancer.drain(self.group, self.target)
        self.machine.children.end(self.process, grace=self.container.stop_s)
        shutil.rmtree(self.folder, ignore_errors=True)

    def leave(self) -> None:
        """Its target group at once, without waiting for requests."""
        self.ending = True
        if self.group and self.target:
            self.balancer.remove(self.group, self.target)

    def cpu_percent(self) -> float:
        """Its processor time since the last call in percent of what its definition reserves."""
        now, used = time.monotonic(), _cpu_seconds(self.process.pid)
        before, self._cpu = self._cpu, (now, used)
        if before is None or now <= before[0]:
            return 0.0
        return max(0.0, 100 * (used - before[1]) / (now - before[0]) / self.container.vcpu)

    def view(self, cluster_arn: str, service: str, arn: str) -> dict[str, Any]:
        """The task as DescribeTasks tells it."""
        return {
            "taskArn": arn,
            "clusterArn": cluster_arn,
            "taskDefinitionArn": self.definition,
            "group": f"service:{service}",
            "launchType": "FARGATE",
            "lastStatus": "RUNNING" if self.alive else "STOPPED",
            "desiredStatus": "STOPPED" if self.ending else "RUNNING",
            "healthStatus": "UNKNOWN",
            "startedAt": self.started,
            "attachments": [],
        }

    def _forward_log(self) -> None:
        stream = f"{self.container.log_prefix}/{self.id}"
        assert self.process.stdout  # noqa: S101 - started with a pipe
        with self.process.stdout as lines:
            while line := lines.readline(_LOG_LIMIT):
                if self.container.log_group:
                    text = line.decode(errors="replace").rstrip()
                    self.machine.telemetry.log(self.container.log_group, stream, text)


def _cpu_seconds(pid: int) -> float:
    """Of the process and its children; 0 where it has gone."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(sum(each.cpu_times()[:2]) for each in family)
    except psutil.Error:
        return 0.0
