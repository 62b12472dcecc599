"""Made-up records in groups, each group from random streams of its own.

Memory does not grow with the number of records, and the first are the same however many are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

START_MS = 1_767_225_600_000
"""2026-01-01T00:00Z, where most sets begin."""


def grouped(records: int, table: Callable[[int, int], pa.Table]) -> Iterator[pa.Table]:
    """The first `records` records of all groups, a table for each.

    `table` makes a group, given its number and how many records are still wanted: it gives at most so many.
    """
    if records < 1:
        raise ValueError(f"records must be at least 1, got {records}")
    group = 0
    while records:
        made = table(group, records)
        yield made
        records, group = records - len(made), group + 1
