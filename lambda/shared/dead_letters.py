"""The queue for what cannot be processed: every letter carries the whole record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.telemetry import logger

AT_ONCE = 10
"""Messages that SendMessageBatch takes."""


@dataclass(frozen=True)
class DeadLetters:
    """`client` is an sqs client."""

    client: Any
    queue_url: str

    def send(self, letters: Sequence[Any]) -> bool:
        """Sends each letter as JSON; False where any of them did not arrive."""
        starts = range(0, len(letters), AT_ONCE)
        return all(self._send_some(letters[start : start + AT_ONCE]) for start in starts)

    def _send_some(self, letters: Sequence[Any]) -> bool:
        entries = [{"Id": str(n), "MessageBody": json.dumps(letter)} for n, letter in enumerate(letters)]
        try:
            answer = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            logger.error(
                "dead letters not sent", extra={"letters": len(entries), "error": type(error).__name__}
            )
            return False
        return not answer.get("Failed")
