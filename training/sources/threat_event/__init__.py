"""Synthetic threat events: seeded, made in groups from random streams of their own, so that memory does not
grow with the number of records and the first are the same however many are asked for.

See docs/threat_event-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from sources.threat_event.bayes import best_achievable
from sources.threat_event.events import Random, draw
from sources.threat_event.shares import CLASSES, NAMES

__all__ = ["best_achievable", "chunks"]

GROUP = 10_000
"""Events made at a time."""
START_MS = 1_767_225_600_000
"""2026-01-01T00:00Z, when the first event may happen."""
SPACING_MS = 30_000
"""From one event to the next on average."""
NEW_PROTOCOL = 0.1
"""Share of addresses that are IPv6. All addresses are of ranges kept for tests, so that they are nobody's."""


def chunks(records: int = 10_000, seed: int = 20260101) -> Iterator[pa.Table]:
    """`records` events in time order, in tables of at most `GROUP`, every one labelled (`threat`)."""
    if records < 1:
        raise ValueError(f"records must be at least 1, got {records}")
    for group, first in enumerate(range(0, records, GROUP)):
        yield _table(group, seed).slice(0, records - first)


def _table(group: int, seed: int) -> pa.Table:
    random, places = (np.random.default_rng([seed, group, stream]) for stream in range(2))
    events = draw(random, GROUP)
    time = START_MS + SPACING_MS * (group * GROUP + np.arange(GROUP)) + places.integers(0, SPACING_MS, GROUP)
    return pa.table(
        {
            "source_ip": pa.array(_addresses(places)),
            "timestamp": pa.array(time, pa.timestamp("ms", "UTC")),
            **{name: pa.array(events.measured[:, i], from_pandas=True) for i, name in enumerate(NAMES)},
            "threat": pa.array(CLASSES).take(pa.array(events.label)),
        }
    )


def _addresses(random: Random) -> list[str]:
    """Of 198.18.0.0/15 and 2001:db8::/32."""
    number, new = random.integers(0, 1 << 17, GROUP).tolist(), (random.random(GROUP) < NEW_PROTOCOL).tolist()
    return [
        f"2001:db8::{n & 0xFFFF:x}" if six else f"198.{18 + (n >> 16)}.{n >> 8 & 255}.{n & 255}"
        for n, six in zip(number, new, strict=True)
    ]
