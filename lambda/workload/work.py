"""Real work on real bytes, by workload type. Pure: the same content, the same result on either platform."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from workload import heavy, lightweight, medium, thumbnail
from workload.content import MAX_KB, MIN_KB, BadContent


class Kind(NamedTuple):
    """What is done to content, and how content of so many bytes is made up from a seed."""

    work: Callable[[bytes], dict[str, Any]]
    sample: Callable[[int, int], bytes]


KINDS = {
    "lightweight_api": Kind(lightweight.work, lightweight.sample),
    "thumbnail_processing": Kind(thumbnail.work, thumbnail.sample),
    "medium_processing": Kind(medium.work, medium.sample),
    "heavy_processing": Kind(heavy.work, heavy.sample),
}


def work(workload_type: str, content: bytes) -> dict[str, Any]:
    """What came of the content, with `bytes_in` and `bytes_out`; raises BadContent where it is not valid."""
    kind = _kind(workload_type)
    if not MIN_KB * 1024 - 1 <= len(content) <= MAX_KB * 1024:
        raise BadContent(f"content must hold {MIN_KB} to {MAX_KB} KB, got {len(content) / 1024:.3f}")
    return {"bytes_in": len(content), **kind.work(content)}


def sample(workload_type: str, payload_size_kb: float, seed: int = 0) -> bytes:
    """Made-up content of that size, the same for the same arguments."""
    _kind(workload_type)
    if not MIN_KB <= payload_size_kb <= MAX_KB:
        raise BadContent(f"payload_size_kb must be {MIN_KB} to {MAX_KB}, got {payload_size_kb}")
    return _sample(workload_type, round(payload_size_kb * 1024), seed)


@lru_cache(maxsize=6)
def _sample(workload_type: str, size: int, seed: int) -> bytes:
    return KINDS[workload_type].sample(size, seed)


def _kind(workload_type: str) -> Kind:
    if workload_type not in KINDS:
        raise BadContent(f"workload_type must be one of {', '.join(KINDS)}, got {str(workload_type)[:80]!r}")
    return KINDS[workload_type]
