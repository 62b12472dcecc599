"""The Fargate service's state: tasks, what they work on, and a fleet that follows its CPU with a lag."""

from __future__ import annotations

import heapq
import math
from collections import deque

from catalog.contract import ServiceTwin

MINUTE = 60.0
OUT_MINUTES, IN_MINUTES = 3, 15
"""So many minutes in a row above the target, or below `SLACK` of it, change the fleet."""
SLACK = 0.9
METRIC_S = 60.0
"""A minute's utilisation is known so much later."""
START_S = (30.0, 60.0)
"""A new task takes so long until it serves."""
USUAL_S = 30.0
"""How long the service's usual state looks back."""
PATIENCE_S = 29.0
"""Who waits longer is sent away by the load balancer."""


class Service:
    """Times are in seconds and never go back. `starts` are the tasks' times to start, used in turn."""

    def __init__(self, twin: ServiceTwin, time: float, tasks: int, starts: list[float]) -> None:
        self.twin, self.starts = twin, starts
        self.ready = self.wanted = min(max(tasks, twin.min_tasks), twin.max_tasks)
        """Tasks that serve, and tasks that are paid."""
        self.coming: deque[float] = deque()
        """When each task that was started will serve."""
        self.busy: list[tuple[float, float]] = []
        """Heap of the times at which each slot is done, and the part of its time for which it works."""
        self.working = 0.0
        """Sum of those parts."""
        self.alone = self.usual = 1 / min(1.0, twin.vcpu)
        """How many times as long work takes without neighbours, and lately."""
        self.seen = time
        self.cpu_s = 0.0
        """Work of this minute that is still to be counted."""
        self.used: deque[float] = deque(maxlen=IN_MINUTES)
        self.minute = time + MINUTE
        self.changed = -math.inf
        self.paid_s, self.paid_until = 0.0, time

    def look(self, time: float, now: float) -> tuple[float, float]:
        """What a request would find: seconds to wait, and how many times as long as on a whole vCPU its work
        would take. `now` is the share of that time for which it has the neighbours of this moment; later it
        has the usual ones."""
        while time >= self.minute:
            self._scale(self.minute)
        while self.coming and self.coming[0] <= time:
            self.coming.popleft()
            self.ready += 1
        busy = self.busy
        while busy and busy[0][0] <= time:
            self.working -= heapq.heappop(busy)[1]
        over = len(busy) - self.ready * self.twin.concurrency
        wait = (
            0.0 if over < 0 else heapq.nsmallest(over + 1, busy)[-1][0] - time if over else busy[0][0] - time
        )
        slower = max(self.alone, (self.working + 1) / (self.ready * self.twin.vcpu))
        self.usual += (slower - self.usual) * (1 - math.exp((self.seen - time) / USUAL_S))
        self.seen = time
        return wait, now * slower + (1 - now) * self.usual

    def take(self, done: float, cpu_s: float, part: float) -> None:
        """A request is served until `done`, after those before it. It uses `cpu_s` of a vCPU, and works
        `part` of its time."""
        slots = self.ready * self.twin.concurrency
        while len(self.busy) >= slots:
            self.working -= heapq.heappop(self.busy)[1]
        heapq.heappush(self.busy, (done, part))
        self.working += part
        self.cpu_s += cpu_s

    def paid(self, time: float) -> float:
        """Task-seconds until then."""
        return self.paid_s + self.wanted * (time - self.paid_until)

    def _scale(self, time: float) -> None:
        """At a minute's end: what it used, and whether the fleet changes."""
        self.minute = time + MINUTE
        able = self.ready * self.twin.vcpu * MINUTE
        self.used.append(min(1.0, self.cpu_s / able))
        self.cpu_s = max(0.0, self.cpu_s - able)
        target, recent = self.twin.target_utilisation, list(self.used)[-OUT_MINUTES:]
        if len(recent) == OUT_MINUTES and min(recent) > target:
            self._grow(time, math.ceil(self.ready * sum(recent) / OUT_MINUTES / target))
        elif len(self.used) == IN_MINUTES and max(self.used) < SLACK * target:
            self._shrink(time, math.ceil(self.ready * max(self.used) / target))

    def _grow(self, time: float, tasks: int) -> None:
        tasks = min(tasks, self.twin.max_tasks)
        if tasks <= self.wanted or time - self.changed < self.twin.scale_out_s:
            return
        self._pay(time)
        for _ in range(tasks - self.wanted):
            self.starts.append(self.starts.pop(0))
            self.coming.append(time + METRIC_S + self.starts[-1])
        self.coming = deque(sorted(self.coming))
        self.wanted, self.changed = tasks, time

    def _shrink(self, time: float, tasks: int) -> None:
        tasks = max(tasks, self.twin.min_tasks)
        if self.coming or tasks >= self.wanted or time - self.changed < self.twin.scale_in_s:
            return
        self._pay(time)
        self.ready = self.wanted = tasks
        self.changed = time

    def _pay(self, time: float) -> None:
        self.paid_s, self.paid_until = self.paid(time), time
