"""The tasks of a deployed service, watched while a load runs: what is paid for is the time they run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

KIND = "AWS::ECS::Service"


@dataclass
class Watch:
    """Task-seconds since it began; `most` tasks ran at once."""

    count: Callable[[], int]
    task_s: float = 0.0
    most: int = 0
    _last: tuple[float, int] | None = field(default=None, init=False)

    def look(self, now: float) -> None:
        running = self.count()
        if self._last:
            since, before = self._last
            self.task_s += before * (now - since)
        self._last, self.most = (now, running), max(self.most, running)


@contextmanager
def watching(count: Callable[[], int], every_s: float = 5.0) -> Iterator[Watch]:
    watch, ended = Watch(count), threading.Event()
    watch.look(time.monotonic())

    def poll() -> None:
        while not ended.wait(every_s):
            watch.look(time.monotonic())

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()
        watch.look(time.monotonic())


def counter(client: Callable[[str], Any], stack: str) -> Callable[[], int]:
    """Counts the tasks of the stack's service that run or start, as DescribeServices tells them."""
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    ids = [
        each["PhysicalResourceId"]
        for page in pages
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == KIND
    ]
    if not ids:
        raise RuntimeError(f"the stack {stack} holds no service")
    cluster = ids[0].split("/")[-2]

    def count() -> int:
        (service,) = client("ecs").describe_services(cluster=cluster, services=ids[:1])["services"]
        return int(service["runningCount"]) + int(service["pendingCount"])

    return count
