"""The Lambda function's state: which instances are busy, which are idle, and since when."""

from __future__ import annotations

import heapq

LIMIT = 100
"""Instances that may be busy at once (reserved concurrency); more are throttled."""
WARM, COLD, THROTTLED = 0, 1, 2


class Function:
    """Times are in seconds and never go back. The instance idle for the shortest time is taken first, as this
    is how few of them stay warm."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.busy: list[float] = []
        """Heap of the times at which each is done."""
        self.idle: list[float] = []
        """When each became idle, the latest last."""

    def look(self, time: float, keep_s: float) -> int:
        """What a request would find: WARM, COLD or THROTTLED."""
        busy, idle = self.busy, self.idle
        while busy and busy[0] <= time:
            idle.append(heapq.heappop(busy))
        if len(busy) >= self.limit:
            return THROTTLED
        if idle and time - idle[-1] > keep_s:
            idle.clear()
        return WARM if idle else COLD

    def take(self, found: int, done: float) -> None:
        """A request that found `found` is served until `done`."""
        if found == WARM:
            self.idle.pop()
        if found != THROTTLED:
            heapq.heappush(self.busy, done)
