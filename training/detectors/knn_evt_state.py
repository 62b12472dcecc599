"""What a detector remembers of one series, and its bytes."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from detectors.knn_evt_tail import PEAKS

Values = NDArray[np.float64]

VERSION = 1
"""First byte of a state; one of another version is dropped and the series starts anew."""
CHANNELS = 2
"""Nearest neighbour, season."""
_HEAD = struct.Struct("<B3xIIQdd3d3d")


def _empty() -> Values:
    return np.empty(0)


def no_peaks() -> Values:
    return np.full((CHANNELS, PEAKS), np.nan)


@dataclass
class Memory:
    """`times` (s) and `values` of the last points; `peaks` (blocks, channels, PEAKS) of the last full blocks.

    `block` holds the peaks of the block under way. `fit` and `block_fit` are (absolute error of the seasonal
    forecast, absolute distance from the median, points), summed over earlier blocks with forgetting and over
    the block under way. `seen` counts the points fed; `record` is the rarest score of late, as -log10 of its
    probability, and `record_at` the point it belongs to.
    """

    times: Values = field(default_factory=_empty)
    values: Values = field(default_factory=_empty)
    peaks: Values = field(default_factory=lambda: np.empty((0, CHANNELS, PEAKS)))
    block: Values = field(default_factory=no_peaks)
    fit: Values = field(default_factory=lambda: np.zeros(3))
    block_fit: Values = field(default_factory=lambda: np.zeros(3))
    seen: int = 0
    record: float = 0.0
    record_at: float = -math.inf

    def to_bytes(self) -> bytes:
        sizes = len(self.times), len(self.peaks)
        head = _HEAD.pack(VERSION, *sizes, self.seen, self.record, self.record_at, *self.fit, *self.block_fit)
        arrays = (self.times, self.values, self.block, self.peaks)
        return head + b"".join(np.asarray(each, "<f8").tobytes() for each in arrays)

    @classmethod
    def from_bytes(cls, state: bytes | None) -> Self:
        """What `to_bytes` wrote; an empty memory where there is none, or one of another version or length."""
        if not state or state[0] != VERSION or len(state) < _HEAD.size:
            return cls()
        _, points, blocks, seen, record, record_at, *fits = _HEAD.unpack_from(state)
        shapes = (points,), (points,), (CHANNELS, PEAKS), (blocks, CHANNELS, PEAKS)
        sizes = [math.prod(shape) for shape in shapes]
        if len(state) != _HEAD.size + 8 * sum(sizes):
            return cls()
        data = np.frombuffer(state, "<f8", offset=_HEAD.size).astype(np.float64)
        parts = np.split(data, np.cumsum(sizes)[:-1])
        times, values, block, peaks = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
        fit, block_fit = np.array(fits[:3]), np.array(fits[3:])
        return cls(times, values, peaks, block, fit, block_fit, seen, record, record_at)
