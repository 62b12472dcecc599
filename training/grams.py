"""Texts as hashed counts of character n-grams, many at once; the same numbers as `Text.encode`."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.contract import Text

ROWS = 256
"""Texts encoded at a time: their counts stay within a few megabytes."""
TABLE = np.array([zlib.crc32(bytes([byte ^ 0xFF])) ^ 0xFF000000 for byte in range(256)], np.uint32)
"""What a byte does to a CRC-32, told by the library's own."""


def encode(text: Text, values: Sequence[str | None]) -> NDArray[np.float32]:
    """The columns of each value (n, buckets); all 0 for a missing or empty one."""
    found = np.empty((len(values), text.buckets), np.float32)
    for start in range(0, len(values), ROWS):
        part = [(value or "").lower().encode("utf-8", "replace") for value in values[start : start + ROWS]]
        damped = np.log1p(_counts(text, part))
        length = np.sqrt((damped * damped).sum(axis=1, keepdims=True))
        found[start : start + ROWS] = damped / np.where(length > 0, length, 1)
    return found


def _counts(text: Text, values: list[bytes]) -> NDArray[np.int64]:
    """How often each value (rows) has an n-gram of each bucket (columns)."""
    sizes = np.array([len(value) for value in values])
    row = np.repeat(np.arange(len(values)), sizes)
    left = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(row))
    whole = np.frombuffer(b"".join(values), np.uint8)
    counts = np.zeros(len(values) * text.buckets, np.int64)
    for size in text.grams:
        start = np.flatnonzero(left >= size)
        cells = row[start] * text.buckets + _hashed(whole, start, size) % text.buckets
        counts += np.bincount(cells, minlength=len(counts))
    return counts.reshape(len(values), text.buckets)


def _hashed(whole: NDArray[np.uint8], start: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """CRC-32 of the `size` bytes from each `start` on."""
    found = np.full(len(start), 0xFFFFFFFF, np.uint32)
    for step in range(size):
        found = TABLE[(found ^ whole[start + step]) & 0xFF] ^ (found >> np.uint32(8))
    return (found ^ np.uint32(0xFFFFFFFF)).astype(np.int64)
