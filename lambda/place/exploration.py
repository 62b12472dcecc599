"""Requests that both platforms serve, so that it is known what the one not chosen would have done."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from shared.registry import champions
from shared.telemetry import logger

KEPT_S = 30
MOST_PERCENT = 10.0


@dataclass
class Exploration:
    """`ssm` makes the client, `parameter` holds a percentage; what cannot be read explores nothing."""

    ssm: Callable[[], Any]
    parameter: str
    clock: Callable[[], float] = time.monotonic
    _percent: float = field(default=0.0, init=False)
    _until: float = field(default=float("-inf"), init=False)

    def explores(self, request_id: str) -> bool:
        """Always the same for the same id and percentage."""
        if self.clock() >= self._until:
            self._percent, self._until = self._read(), self.clock() + KEPT_S
        digest = hashlib.sha256(f"explore {request_id}".encode()).digest()
        return 100 * int.from_bytes(digest[:8], "big") / 2**64 < self._percent

    def _read(self) -> float:
        try:
            found = champions(self.ssm(), [self.parameter])
            percent = float(found[self.parameter]["Value"])
        except (ClientError, BotoCoreError, HTTPError, OSError, KeyError, ValueError) as error:
            logger.warning("exploration not read", extra={"error": type(error).__name__})
            return 0.0
        if 0 <= percent <= MOST_PERCENT:
            return percent
        logger.warning("exploration out of bounds", extra={"percent": str(percent)})
        return min(max(percent, 0.0), MOST_PERCENT) if math.isfinite(percent) else 0.0
