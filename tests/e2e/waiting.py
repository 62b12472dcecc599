"""Waits for what the platform does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest


def eventually(found: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """What `found` gives as soon as it is true; the test fails where it is not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.3)
    pytest.fail(f"{what} did not happen within {seconds:.0f} s")
