"""What came of a request on a platform, sent to where training reads it: nothing here fails the request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from catalog.contract import PLATFORM
from shared.dead_letters import DeadLetters
from shared.telemetry import logger

Row = dict[str, Any]


def row(
    record: Mapping[str, Any],
    *,
    platform: str,
    latency_ms: float,
    cost_usd: float,
    error: bool,
    chosen_by: str,
) -> Row:
    """One measurement as training reads it: a whole record, where it was served, and what that took.

    `chosen_by` is beside it, as only what was measured on both platforms can be learned from: model, thrift,
    caller, failover or `EXPLORED`.
    """
    measured = {"latency_ms": round(latency_ms, 3), "cost_usd": cost_usd, "error": int(error)}
    return {**record, PLATFORM: platform, **measured, "chosen_by": chosen_by}


@dataclass(frozen=True)
class Outcomes:
    """`firehose` makes the client, `letters` the queue of what the stream does not take."""

    firehose: Callable[[], Any]
    stream: str
    letters: Callable[[], DeadLetters]

    def record(self, rows: Sequence[Row]) -> None:
        left = [each for each in rows if not self._streamed(each)]
        if left and not self.letters().send([{"record": each, "reason": "not streamed"} for each in left]):
            logger.error("outcomes lost", extra={"rows": len(left)})

    def _streamed(self, measured: Row) -> bool:
        line = {"Data": f"{json.dumps(measured)}\n".encode()}
        try:
            self.firehose().put_record(DeliveryStreamName=self.stream, Record=line)
        except (ClientError, BotoCoreError, HTTPError, OSError) as error:
            logger.warning("outcome not streamed", extra={"error": type(error).__name__})
            return False
        return True
