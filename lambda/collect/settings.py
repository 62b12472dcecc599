"""The data set as the function's settings declare it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collect.parts import Columns
from collect.windows import Calendar
from shared.environment import Environment

DAY = 86_400


@dataclass(frozen=True)
class Settings:
    """`options` are what the environment asks the source for."""

    name: str
    calendar: Calendar
    stale_after_s: int
    deniable: bool
    columns: Columns
    gap_columns: Columns
    options: Mapping[str, Any]


def settings(environment: Environment) -> Settings | None:
    """None where something is wrong with them, which `environment.done` tells."""
    tables = environment.table("DATASET", "name")
    given: dict[str, Any] = next(iter(tables.values()), {})
    try:
        options = dict(given["options"])
        days = options.pop("look_back_days", None)
        look_back = given["look_back_s"] if days is None else min(given["look_back_s"], days * DAY)
        calendar = Calendar(given["window_s"], given["history_s"], look_back, given["settle_s"])
        return Settings(
            name=given["name"],
            calendar=calendar,
            stale_after_s=given["stale_after_s"],
            deniable=given["deniable"],
            columns=Columns.of(given["columns"]),
            gap_columns=Columns.of(given["gap_columns"]),
            options=options,
        )
    except (KeyError, TypeError, ValueError) as error:
        environment.require(False, f"DATASET is none that a collector can read: {error!r}")
        return None
