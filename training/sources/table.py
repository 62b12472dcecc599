"""Records into the insights table: batches with bounded retries, ids that make a replay overwrite itself."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pyarrow as pa
from botocore.config import Config

from catalog.contract import insight_id

BATCH = 25
"""BatchWriteItem takes no more."""
THREADS = 4
ATTEMPTS = 8
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 5.0
Item = dict[str, dict[str, str]]


def write_items(table: str, records: pa.Table, ttl_days: int) -> Iterator[int]:
    """Store `records`; yields how many are stored so far. RuntimeError where some stay refused."""
    client: Any = boto3.client("dynamodb", config=Config(max_pool_connections=THREADS))
    expires = int(time.time()) + ttl_days * 86_400
    items = [to_item(record, expires) for record in records.to_pylist()]
    batches = [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
    stored = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for count in pool.map(lambda batch: write_batch(client, table, batch), batches):
            stored += count
            yield stored


def to_item(record: dict[str, Any], expires_at: int) -> Item:
    """A record as the table holds it: given values only, its id, where it came from and when it expires.

    Its first two fields are its keys: the entity's, and the time.
    """
    keys = tuple(record)[:2]
    plain = {**record, keys[1]: record[keys[1]].isoformat()}
    given = {name: value for name, value in plain.items() if _is_given(value)}
    item = {name: {"S": v} if isinstance(v, str) else {"N": repr(v)} for name, v in given.items()}
    identity = {"id": {"S": insight_id(plain, keys)}, "origin": {"S": "bulk"}}
    return {**item, **identity, "expires_at": {"N": str(expires_at)}}


def write_batch(
    client: Any, table: str, items: list[Item], wait: Callable[[float], None] = time.sleep
) -> int:
    """Write up to 25 items, sending again what the table did not process, ever more slowly."""
    pending = [{"PutRequest": {"Item": item}} for item in items]
    for attempt in range(ATTEMPTS):
        answer = client.batch_write_item(RequestItems={table: pending})
        pending = answer.get("UnprocessedItems", {}).get(table, [])
        if not pending:
            return len(items)
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)
        wait(random.uniform(longest / 2, longest))  # noqa: S311 - spreads retries, guards nothing
    raise RuntimeError(f"table {table} left {len(pending)} items unprocessed after {ATTEMPTS} attempts")


def _is_given(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))
