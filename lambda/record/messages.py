"""What the state machines tell: a training that ended, a package that became the champion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Training:
    """One training run. A run that failed has no `package`, and fields it never reached are empty."""

    model: str
    run: str
    profile: str
    tuning_jobs: tuple[str, ...]
    """One for each learner that was tuned."""
    training_job: str
    evaluation_uri: str
    package: str
    status: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Promotion:
    """`package` serves from now on; `previous` is the champion before it, or `none`."""

    model: str
    package: str
    previous: str


def parse(body: str) -> Training | Promotion:
    """ValueError says which field is missing or malformed."""
    message = json.loads(body)
    kind = message.get("kind") if isinstance(message, dict) else None
    if kind == "promotion":
        return Promotion(**{name: _text(message, name) for name in ("model", "package", "previous")})
    if kind != "training":
        raise ValueError(f"kind must be training or promotion, got {kind!r}")
    reasons = message.get("reasons")
    if not isinstance(reasons, list):
        raise ValueError(f"reasons must be a list, got {reasons!r}")
    texts = {
        name: _text(message, name)
        for name in Training.__dataclass_fields__
        if name not in ("reasons", "tuning_jobs")
    }
    return Training(**texts, reasons=tuple(map(str, reasons)), tuning_jobs=_tuning_jobs(message))


def _tuning_jobs(message: Mapping[str, Any]) -> tuple[str, ...]:
    """A training of one learner tells its job alone, as an empty text where none began."""
    told = message["tuning_jobs"] if "tuning_jobs" in message else [_text(message, "tuning_job")]
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        raise ValueError(f"tuning_jobs must be a list of texts, got {told!r}")
    return tuple(filter(None, told))


def _text(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text, got {value!r}")
    return value
