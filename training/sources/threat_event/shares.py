"""How often what happens, and `ways` as arrays: what drawing and the best answer both read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sources.threat_event.ways import QUIET, WAYS, Kind

NAMES = tuple(QUIET)
CLASSES = tuple(dict.fromkeys(way.label for way in WAYS))
SHARES = np.array([0.2, *[0.1] * 8])
"""How many events are of each class, in the order of `CLASSES`."""
ACTIVITY = 0.5
"""How far one event's counts and amounts rise and fall together: their correlation with its activity."""
MISLABELLED = 0.02
"""Share of events whose label is a wrong class, any of the others alike."""

SENDERS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.88, NAMES),
    (
        0.04,
        (
            "request_rate",
            "unique_ips",
            "geographic_entropy",
            "bytes_out_mb",
            "error_rate",
            "outbound_destinations",
        ),
    ),
    (0.04, ("failed_auth_count", "request_rate", "unique_ips", "distinct_accounts", "denied_access_count")),
    (0.04, ("request_rate", "unique_ips", "error_rate", "query_length", "quote_share", "markup_share")),
)
"""Share of events that a sender tells of, and what it measures: everything, traffic, sign-ins, requests."""
LOST = 0.01
"""Chance that a sender leaves out one of its measurements, whatever it would have been."""

WAY_SHARES = np.array([SHARES[CLASSES.index(way.label)] * way.share for way in WAYS])
WAY_CLASS = np.array([CLASSES.index(way.label) for way in WAYS])


def _scaled(kind: Kind, typical: float) -> float:
    return float(np.log(typical / (1 - typical)) if kind == "share" else np.log(typical))


def _table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centre, spread = (np.empty((len(WAYS), len(NAMES))) for _ in range(2))
    for row, way in enumerate(WAYS):
        for column, (name, quiet) in enumerate(QUIET.items()):
            typical, spread[row, column] = way.typical.get(name, (quiet.typical, quiet.spread))
            centre[row, column] = _scaled(quiet.kind, typical)
    return centre, spread


CENTRE, SPREAD = _table()
"""(ways, features) on the scale of each feature's kind."""
SHARED = np.array([0.0 if measure.kind == "share" else ACTIVITY for measure in QUIET.values()])
"""Correlation of each feature with the event's activity."""
