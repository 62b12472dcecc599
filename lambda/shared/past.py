"""Where the state table keeps what was noted of a model: one writer and one reader agree on it here."""

from __future__ import annotations

from datetime import UTC, datetime


def key(model: str) -> str:
    """The partition of the model's history."""
    return f"history#{model}"


def stamp(moment: datetime) -> str:
    """UTC with milliseconds, which sort as they follow each other: sort keys begin with it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
