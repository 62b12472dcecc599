"""Answers cut into pages, as the services cut them: fewer items than were asked for may come, and a token."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from local.sagemaker.errors import ServiceError

T = TypeVar("T")
MOST = 60
"""Items of one answer here, so that short files have several pages."""


def page(items: Sequence[T], token: str | None, most: int | None, refusal: str) -> tuple[Sequence[T], str]:
    """The page, and the token of the next or ""; `refusal` is the service's code for a token that is none."""
    size, start = min(most or MOST, MOST), _offset(token, refusal)
    if start >= max(1, len(items)) or start < 0:
        raise ServiceError(refusal, "The token is not valid.")
    following = start + size
    left = following < len(items)
    return items[start:following], base64.b64encode(str(following).encode()).decode() if left else ""


def _offset(token: str | None, refusal: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (ValueError, binascii.Error):
        raise ServiceError(refusal, "The token is not valid.") from None
