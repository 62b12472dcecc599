"""Synthetic threat events: seeded and made in groups, see `grouped`.

Documented in docs/threat_event-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from sources.grouped import START_MS, grouped
from sources.threat_event.bayes import best_achievable
from sources.threat_event.events import Random, draw
from sources.threat_event.shares import CLASSES, NAMES

__all__ = ["best_achievable", "chunks"]

GROUP = 10_000
"""Events made at a time."""
SPACING_MS = 30_000
"""From one event to the next on average."""
NEW_PROTOCOL = 0.1
"""Share of addresses that are IPv6. All addresses are of ranges kept for tests, so that they are nobody's."""


def chunks(records: int = 10_000, seed: int = 20260101) -> Iterator[pa.Table]:
    """`records` events in time order, in tables of at most `GROUP`, every one labelled (`threat`)."""
    return grouped(records, lambda group, wanted: _table(group, seed).slice(0, wanted))


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
