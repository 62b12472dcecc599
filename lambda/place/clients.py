"""Clients of what a request is forwarded to, and of what takes its outcome."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import urllib3

from serve import clients as serving

POOL = 10


class Clients(serving.Clients):
    """The model's function's own, and these."""

    def __init__(self) -> None:
        self._functions: dict[int, Any] = {}

    def function(self, timeout_s: int) -> Any:
        """A lambda client that waits so long and does not try again: the other twin is tried instead."""
        if timeout_s not in self._functions:
            self._functions[timeout_s] = serving.made("lambda", read_timeout_s=timeout_s, attempts=1)
        return self._functions[timeout_s]

    @cached_property
    def http(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(maxsize=POOL, retries=False)

    @cached_property
    def firehose(self) -> Any:
        return serving.made("firehose", read_timeout_s=1)

    @cached_property
    def sqs(self) -> Any:
        return serving.made("sqs", read_timeout_s=1)
