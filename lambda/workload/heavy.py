"""`heavy_processing`: statistics of bytes and their pairs, then LZMA two ways, the smaller kept."""

from __future__ import annotations

import lzma
import math
import random
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from workload.content import digest

EXTREME = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1024 * 1024}
"""With the preset's own dictionary, of 64 MB, each would take some 700 MB of memory."""
WAYS = (EXTREME, {**EXTREME, "lc": 4, "pb": 0})
"""The default, and one for text."""
WORDS = 4096
BLOCK = 64 * 1024
"""Bytes whose pairs are counted in one go: other threads wait for as long."""


def work(content: bytes) -> dict[str, Any]:
    singles, pairs = Counter(content), _pairs(content)
    packed = min((lzma.compress(content, filters=[way]) for way in WAYS), key=len)
    return {
        "bytes_out": len(packed),
        "digest": digest(packed),
        "ratio": round(len(content) / len(packed), 4),
        "entropy_bits": round(_entropy(singles.values()), 4),
        "pair_entropy_bits": round(_entropy(pairs.values()), 4),
    }


def _pairs(content: bytes) -> Counter[tuple[int, int]]:
    counted: Counter[tuple[int, int]] = Counter()
    for start in range(0, len(content), BLOCK):
        counted.update(pairwise(content[start : start + BLOCK + 1]))
    return counted


def _entropy(counts: Iterable[int]) -> float:
    """Shannon entropy in bits of what was counted."""
    given = sorted(counts)
    total = sum(given)
    return -sum(n / total * math.log2(n / total) for n in given) + 0.0


def sample(size: int, seed: int) -> bytes:
    """Words in random order, as compressible as text is."""
    chance = random.Random(seed)  # noqa: S311 - made-up text
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    weights = range(len(letters), 0, -1)
    words = ["".join(chance.choices(letters, weights, k=chance.randrange(2, 11))) for _ in range(WORDS)]
    common = [1 / (rank + 1) for rank in range(WORDS)]
    text = ""
    while len(text) < size:
        text += " ".join(chance.choices(words, common, k=(size - len(text)) // 5 + 1)) + "\n"
    return text[:size].encode()
