"""The tasks of one service, kept at its desired count: new ones serve before old ones are drained."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from local.fargate import definitions, records
from local.fargate.balancer import Balancer
from local.fargate.definitions import Container
from local.fargate.task import Task
from local.sagemaker.machine import Machine
from local.sagemaker.store import Record

logger = logging.getLogger("local.fargate")

_LOOK_S = 0.1
_READY_S = 60
_FAILURES = 3
"""So many tasks in a row that never served fail a deployment; ECS's circuit breaker asks no less."""
_STABLE_S = 30
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0


class Crew:
    """Looks after its tasks from a thread of its own until it is disbanded."""

    def __init__(self, machine: Machine, balancer: Balancer, key: str) -> None:
        self.machine, self.balancer, self.key = machine, balancer, key
        self.tasks: list[Task] = []
        self._failures = 0
        self._not_before = 0.0
        self._seen = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"crew {key}", daemon=True)

    def muster(self) -> None:
        self._thread.start()

    def disband(self, *, at_once: bool) -> None:
        """Drain and end every task; `at_once` only lets go of them, where the local AWS ends all children."""
        self._over.set()
        self._thread.join()
        for task in list(self.tasks):
            if at_once:
                task.leave()
            elif not task.ending:
                self._retire(task)
        while self.tasks and not at_once:
            time.sleep(0.02)

    def stop(self, task: Task) -> None:
        """StopTask: another takes its place."""
        self._retire(task)

    def _work(self) -> None:
        while not self._over.wait(_LOOK_S):
            record = self.machine.store.get(records.SERVICES, self.key)
            if record is None:
                return
            try:
                self._look(record)
            except Exception:  # the crew goes on whatever one look met
                logger.exception("service %s", self.key)
                self._over.wait(1.0)

    def _look(self, record: Record) -> None:
        wanted, count = record["taskDefinition"], record["desiredCount"]
        if record["deploymentId"] != self._seen:
            self._seen, self._failures, self._not_before = record["deploymentId"], 0, 0.0
        for task in [task for task in list(self.tasks) if not task.ending and self._lost(task)]:
            self._bury(task)
        present = [task for task in list(self.tasks) if not task.ending]
        current = [task for task in present if task.definition == wanted]
        serving = [task for task in current if task.serves]
        if len(serving) >= count:
            # Those of another definition, and of the current one the newest beyond the count.
            kept = sorted(current, key=lambda task: (not task.serves, task.started))[:count]
            for task in present:
                if task not in kept:
                    self._retire(task)
            if len(present) == count and all(time.time() - task.started > _STABLE_S for task in present):
                self._failures = 0
        else:
            self._enlist(record, count - len(current))
        self._tell(record, current, present)

    def _enlist(self, record: Record, missing: int) -> None:
        if record["rolloutState"] == "FAILED" or time.monotonic() < self._not_before:
            return
        definition = definitions.find(self.machine, record["taskDefinition"])
        group = self.balancer.groups.get(record["targetGroupArn"])
        for _ in range(missing):
            name = definition["taskDefinitionArn"]
            task = Task(self.machine, self.balancer, Container.of(definition), name, group)
            try:
                task.start()
            except OSError as error:
                self._failed(f"CannotStartContainerError: {error}")
                return
            self.tasks.append(task)

    def _lost(self, task: Task) -> bool:
        late = time.time() - task.started > _READY_S and not task.serves
        return not task.alive or task.unhealthy or late

    def _bury(self, task: Task) -> None:
        """It died or answers no more: what is left is ended; a pause keeps a broken one from spinning."""
        why = "it is unhealthy" if task.alive else f"exit code {task.process.returncode}"
        logger.warning("service %s: task %s is replaced: %s", self.key, task.id, why)
        self._failed(f"Essential container in task exited or does not serve: {why}")
        self._retire(task)

    def _failed(self, reason: str) -> None:
        self._failures += 1
        pause = min(_PAUSE_S * 2 ** (self._failures - 1), _LONGEST_PAUSE_S)
        self._not_before = time.monotonic() + pause
        self.machine.store.update(records.SERVICES, self.key, stoppedReason=reason)

    def _retire(self, task: Task) -> None:
        task.ending = True

        def work() -> None:
            task.stop()
            self.tasks.remove(task)

        threading.Thread(target=work, name="drain", daemon=True).start()

    def _tell(self, record: Record, current: Sequence[Task], present: Sequence[Task]) -> None:
        """What DescribeServices answers, where it changed."""
        serving = sum(task.serves for task in current)
        state = record["rolloutState"]
        if state == "IN_PROGRESS" and serving == record["desiredCount"] == len(present):
            state = "COMPLETED"
        elif state == "IN_PROGRESS" and self._failures >= _FAILURES:
            state = "FAILED"
        told = {
            "runningCount": sum(task.serves for task in present),
            "pendingCount": sum(not task.serves for task in present),
            "rolloutState": state,
        }
        with records.changing:
            held = self.machine.store.get(records.SERVICES, self.key)
            same = held is not None and held["deploymentId"] == record["deploymentId"]
            if held and same and any(held[name] != value for name, value in told.items()):
                self.machine.store.update(records.SERVICES, self.key, **told)
