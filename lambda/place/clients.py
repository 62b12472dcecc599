"""Clients of what a request is forwarded to, and of what takes its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import urllib3

from serve import clients as serving

POOL = 10
IDLE_S = 30
"""A function is frozen between requests, and may not see a connection end: the load balancer closes what is
idle for 60 s, NAT forgets it after 350. With the longest answer this stays below both."""


class Clients(serving.Clients):
    """The model's function's own, and these. What takes the work is not asked twice, so it is asked over
    connections that are sure to be open; `now` is in seconds."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._functions: dict[int, Any] = {}
        self._now, self._asked = now, dict[object, float]()

    def function(self, timeout_s: int) -> Any:
        """A lambda client that waits so long and does not try again: the other twin is tried instead."""
        if timeout_s not in self._functions:
            self._functions[timeout_s] = serving.made("lambda", read_timeout_s=timeout_s, attempts=1)
        client = self._functions[timeout_s]
        self._renew(timeout_s, client.close)
        return client

    @property
    def http(self) -> urllib3.PoolManager:
        self._renew("http", self._pool.clear)
        return self._pool

    def _renew(self, whose: object, close: Callable[[], None]) -> None:
        """Closes connections that lay idle; the next request opens others."""
        now = self._now()
        if now - self._asked.get(whose, now) > IDLE_S:
            close()
        self._asked[whose] = now

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(maxsize=POOL, retries=False)

    @cached_property
    def firehose(self) -> Any:
        return serving.made("firehose", read_timeout_s=1)

    @cached_property
    def sqs(self) -> Any:
        return serving.made("sqs", read_timeout_s=1)
