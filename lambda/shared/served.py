"""The models as a function's settings name them: where each is served, and what trains it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Literal

from shared.environment import Environment

NEEDED: dict[str, tuple[str, ...]] = {
    "endpoint": ("parameter", "endpoint"),
    "function": ("parameter", "candidate"),
    "declared": ("version",),
}
"""Settings of each kind, beside those that every model has."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """One model: behind an endpoint, in a function, or `declared`: answering from its contract alone."""

    name: str
    title: str
    route: str
    api: str
    kind: Literal["endpoint", "function", "declared"]
    parameter: str = ""
    """The SSM parameter of its champion."""
    candidate: str = ""
    """The SSM parameter of the package that a promotion shifts traffic to."""
    endpoint: str = ""
    group: str = ""
    """The model package group of its versions."""
    version: str = ""
    """Of a declared model: the start of its contract's hash."""
    machine: str = ""
    """ARN of the state machine that trains it; empty where nothing does."""
    aliases: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    """Data profiles it can be trained on."""


def served(environment: Environment, name: str = "MODELS", *, machines: str = "") -> dict[str, Served]:
    """The setting's models, by name; what is wrong with it is left to `environment.done`.

    `machines` is what the ARNs of the state machines begin with, where the setting holds their names alone.
    """
    found: dict[str, Served] = {}
    known = {field.name for field in fields(Served)}
    for model, entry in environment.table(name, "title", "route", "api", "kind").items():
        faults = _faults(entry)
        for fault in faults:
            environment.require(False, f"{name}[{model!r}] {fault}")
        if not faults:
            given: dict[str, Any] = {key: value for key, value in entry.items() if key in known}
            lists = {key: tuple(given.get(key, ())) for key in ("aliases", "profiles")}
            machine = machines + given["machine"] if given.get("machine") else ""
            found[model] = Served(**{**given, **lists, "name": model, "machine": machine})
    return found


def _faults(entry: dict[str, Any]) -> list[str]:
    kind = entry.get("kind")
    if kind not in NEEDED:
        return [f"has kind {json.dumps(kind)}; allowed are {', '.join(NEEDED)}"]
    needed = [*NEEDED[kind], *(["profiles"] if entry.get("machine") else [])]
    lacking = [field for field in needed if not entry.get(field)]
    return [f"lacks {', '.join(lacking)}"] if lacking else []
