"""Events at random: what happened, what of it the sender measured, and what it was labelled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sources.threat_event.shares import (
    CENTRE,
    CLASSES,
    LOST,
    MISLABELLED,
    NAMES,
    SENDERS,
    SHARED,
    SPREAD,
    WAY_CLASS,
    WAY_SHARES,
)
from sources.threat_event.ways import QUIET

Array = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class Events:
    """`measured` (n, features), NaN where left out; `label` (n,) class numbers."""

    measured: Array
    label: NDArray[np.int64]


def draw(random: Random, count: int) -> Events:
    way = random.choice(len(WAY_SHARES), count, p=WAY_SHARES / WAY_SHARES.sum())
    activity, own = random.standard_normal((count, 1)), random.standard_normal((count, len(NAMES)))
    scaled = CENTRE[way] + SPREAD[way] * (SHARED * activity + np.sqrt(1 - SHARED**2) * own)
    values = _values(scaled)
    values[~_sent(random, count)] = np.nan
    return Events(values, _label(random, WAY_CLASS[way]))


def most_entropy(unique_ips: Array) -> Array:
    """Bits, were each address in a country of its own."""
    return np.log2(unique_ips)


def _values(scaled: Array) -> Array:
    """Measurements from their normal scale."""
    values = np.empty_like(scaled)
    for column, measure in enumerate(QUIET.values()):
        if measure.kind == "share":
            values[:, column] = 1 / (1 + np.exp(-scaled[:, column]))
        else:
            values[:, column] = np.exp(scaled[:, column])
        if measure.kind == "count":
            values[:, column] = np.maximum(np.floor(values[:, column]), measure.least)
    values[:, NAMES.index("geographic_entropy")] *= most_entropy(values[:, NAMES.index("unique_ips")])
    return values


def _sent(random: Random, count: int) -> NDArray[np.bool_]:
    """Which measurements reach the record (n, features). Entropy never comes without the addresses it is of,
    nor a record without any measurement."""
    shares = [share for share, _ in SENDERS]
    measures = np.array([[name in names for name in NAMES] for _, names in SENDERS])
    sent = measures[random.choice(len(SENDERS), count, p=shares)] & (
        random.random((count, len(NAMES))) >= LOST
    )
    sent[:, NAMES.index("geographic_entropy")] &= sent[:, NAMES.index("unique_ips")]
    sent[:, NAMES.index("request_rate")] |= ~sent.any(axis=1)
    return sent


def _label(random: Random, truth: NDArray[np.int64]) -> NDArray[np.int64]:
    other = (truth + random.integers(1, len(CLASSES), len(truth))) % len(CLASSES)
    return np.where(random.random(len(truth)) < MISLABELLED, other, truth)
