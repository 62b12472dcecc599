"""What all kinds of content share: bounds, and the refusal."""

from __future__ import annotations

import hashlib

MIN_KB, MAX_KB = 0.1, 10_240


class BadContent(ValueError):
    """Content or a request that cannot be worked on; the message says why."""


def digest(data: bytes) -> str:
    """Tells two results apart."""
    return hashlib.sha256(data).hexdigest()[:16]
