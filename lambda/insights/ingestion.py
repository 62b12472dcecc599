"""Takes a batch in: every record is stored, answered with its problems, or kept as a dead letter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.contract import RecordSchema, Target, insight_id
from insights.items import Item, Sorted, item, sort
from insights.table import Table
from shared.dead_letters import DeadLetters
from shared.problems import NotStored

SECONDS_PER_DAY = 86_400
KEPT = "not stored yet; it is kept in the dead-letter queue and need not be sent again"


@dataclass(frozen=True)
class Ingestion:
    """`now` tells the seconds since 1970."""

    schema: RecordSchema
    labels: tuple[Target, ...]
    table: Table
    dead_letters: DeadLetters
    ttl_days: int
    now: Callable[[], float]

    def take(self, records: Sequence[Any], deadline: float) -> dict[str, Any]:
        """The answer's body; raises NotStored where the sender must send the batch again."""
        batch = sort(records, self.schema, self.labels)
        expires_at = int(self.now()) + self.ttl_days * SECONDS_PER_DAY
        items = {n: item(record, self.schema.key_names, expires_at) for n, record in batch.good.items()}
        left = self.table.write(list(items.values()), deadline)
        failed = self._bury(left, batch)
        return _answer(batch, failed)

    def _bury(self, left: Sequence[Item], batch: Sorted) -> list[int]:
        """Keeps what the table did not take; returns the indexes."""
        unwritten = {each["id"]["S"] for each in left}
        keys = self.schema.key_names
        failed = [n for n, record in batch.good.items() if insight_id(record, keys) in unwritten]
        letters = [{"record": batch.good[n], "reason": "the table did not take it in time"} for n in failed]
        if not self.dead_letters.send(letters):
            raise NotStored(
                "some records are not stored; send the batch again, what is stored is not doubled"
            )
        return failed


def _answer(batch: Sorted, failed: Sequence[int]) -> dict[str, Any]:
    rejected = [
        {"index": n, "errors": [{"field": p.field, "detail": p.detail} for p in problems]}
        for n, problems in batch.rejected.items()
    ]
    return {
        "accepted": len(batch.good) - len(failed),
        "rejected": rejected,
        "failed": [{"index": n, "detail": KEPT} for n in failed],
        "superseded": [{"index": n, "by": by} for n, by in sorted(batch.superseded.items())],
    }
