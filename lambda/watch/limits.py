"""When a model is retrained, and how often at most, as its declaration says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from shared.environment import Environment

DEFAULT = "default"
"""The entry of what holds for every model that has no setting of its own."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """See docs/lifecycle.md."""

    drift_psi: float
    drifted_share: float
    least_records: int
    least_entities: int
    window_days: int
    stale_days: int
    cooldown_days: int
    most_starts: int
    least_fresh_rows: int


def limits(environment: Environment, models: Iterable[str]) -> dict[str, Limits]:
    """By model; what is wrong with them is left to `environment.done`."""
    given: Mapping[str, Any] = environment.table("RETRAINING")
    names = {field.name for field in fields(Limits)}
    usual = given.get(DEFAULT, {})
    environment.require(set(usual) == names, f"RETRAINING[{DEFAULT!r}] must hold {', '.join(sorted(names))}")
    if set(usual) != names:
        return {}
    return {model: Limits(**{**usual, **given.get(model, {})}) for model in models}
