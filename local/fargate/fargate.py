"""The stand-in for ECS on Fargate and its load balancers: what runs, how it comes back after a restart."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from local.fargate import records
from local.fargate.balancer import Balancer, Front
from local.fargate.crew import Crew
from local.fargate.targets import Group
from local.run.processes import answers
from local.sagemaker.machine import Machine

logger = logging.getLogger("local.fargate")

BALANCERS, GROUPS, LISTENERS = "load-balancer", "target-group", "listener"


class Fargate:
    """One crew a service, one front a load balancer."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.balancer = Balancer(machine.telemetry)
        self._crews: dict[str, Crew] = {}
        self._lock = threading.Lock()
        self.closed = threading.Event()

    def crews(self) -> dict[str, Crew]:
        with self._lock:
            return dict(self._crews)

    def muster(self, key: str) -> None:
        with self._lock:
            if not self.closed.is_set():
                self._crews[key] = Crew(self.machine, self.balancer, key)
                self._crews[key].muster()

    def disband(self, key: str, *, at_once: bool = False) -> None:
        with self._lock:
            crew = self._crews.pop(key, None)
        if crew:
            crew.disband(at_once=at_once)

    def resume(self) -> None:
        """After a restart: fronts listen where they did; services start once the local AWS answers."""
        for record in self.machine.store.all(GROUPS):
            self.balancer.groups[record["arn"]] = Group.of(record["props"], record["name"])
        for record in self.machine.store.all(LISTENERS):
            self.balancer.routes[record["balancer"]] = record["group"]
        for record in self.machine.store.all(BALANCERS):
            try:
                self.balancer.open(record["arn"], Front(**record["front"]))
            except OSError as error:
                logger.error("load balancer %s cannot listen: %s", record["arn"], error)
        keys = [record["serviceArn"].split("/", 1)[1] for record in self.machine.store.all(records.SERVICES)]
        for key in keys:
            self.machine.store.update(records.SERVICES, key, runningCount=0, pendingCount=0)
        if keys:
            threading.Thread(target=self._resume_services, args=(keys,), name="resume", daemon=True).start()

    def close(self) -> None:
        """Stop listening and looking after tasks: nothing starts any more, the children can be ended."""
        self.closed.set()
        self._end()

    def reset(self) -> None:
        """Forget everything that runs."""
        self._end()
        self.balancer.groups.clear()

    def _end(self) -> None:
        for key in self.crews():
            self.disband(key, at_once=True)
        self.balancer.close_all()

    def _resume_services(self, keys: Sequence[str]) -> None:
        while not self.closed.is_set() and not answers(f"{self.machine.endpoint_url}/_ministack/health"):
            self.closed.wait(0.1)
        for key in keys:
            self.muster(key)
