"""Writes a batch of stream records to raw/, one object per date, and tells which did not arrive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from archive.lines import Line, convert, object_key, wanted
from shared.dead_letters import DeadLetters
from shared.telemetry import logger

Failures = dict[str, Exception]
Entry = tuple[str, Line]


class NotBuried(Exception):
    """A change that cannot be converted did not reach the dead-letter queue either."""


@dataclass(frozen=True)
class Archive:
    """`client` is an s3 client."""

    client: Any
    bucket: str
    dead_letters: DeadLetters

    def carry(self, changes: Sequence[Mapping[str, Any]]) -> Failures:
        """What failed, by sequence number; the stream brings it again."""
        failures: Failures = {}
        groups: defaultdict[str, list[Entry]] = defaultdict(list)
        for change in filter(wanted, changes):
            number = change["dynamodb"]["SequenceNumber"]
            try:
                date, line = convert(change)
                groups[date].append((number, line))
            except (KeyError, ValueError, TypeError):
                failures.update(self._bury(change, number))
        for date, entries in groups.items():
            failures.update(self._put(date, entries))
        return failures

    def _put(self, date: str, entries: Sequence[Entry]) -> Failures:
        lines = [line for _, line in entries]
        key = object_key(date, entries[0][0], lines)
        try:
            body = "".join(f"{line}\n" for line in lines).encode()
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/x-ndjson")
        except (ClientError, BotoCoreError) as error:
            logger.warning("not archived", extra={"key": key, "error": type(error).__name__})
            return {number: error for number, _ in entries}
        return {}

    def _bury(self, change: Mapping[str, Any], number: str) -> Failures:
        """A change that never converts would hold up its shard for a day, so it is set aside."""
        logger.error("set aside", extra={"sequence_number": number})
        letter = {"record": change["dynamodb"].get("NewImage"), "reason": "not a record that training reads"}
        return {} if self.dead_letters.send([letter]) else {number: NotBuried(number)}
