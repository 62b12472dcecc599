"""The allow-list as the settings write it: `{"restart_service": {"kind": "ssm-automation", ...}, ...}`."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from remediate.actions import Action, Automation
from remediate.scaling import EcsScale, GroupScale

KINDS: dict[str, type[Action]] = {
    "ssm-automation": Automation,
    "ecs-scale": EcsScale,
    "autoscaling-desired": GroupScale,
}


def allowed(text: str) -> tuple[dict[str, Action], list[str]]:
    """Actions by the advice they answer, and every problem of the list."""
    try:
        entries = json.loads(text)
    except ValueError as error:
        return {}, [f"ACTIONS is not JSON: {error}"]
    if not isinstance(entries, dict):
        return {}, ["ACTIONS must be a JSON object of actions by name"]
    found: dict[str, Action] = {}
    problems: list[str] = []
    for name, entry in entries.items():
        made = _made(entry)
        if isinstance(made, Action):
            found[name] = made
            problems += [f"ACTIONS[{name!r}]: {fault}" for fault in made.faults()]
        else:
            problems.append(f"ACTIONS[{name!r}]: {made}")
    return found, problems


def _made(entry: Any) -> Action | str:
    """The action, or what is wrong with its form."""
    kind = KINDS.get(str(entry.get("kind"))) if isinstance(entry, dict) else None
    if kind is None:
        return f"kind must be one of {', '.join(KINDS)}"
    given = {key: value for key, value in entry.items() if key != "kind"}
    wanted = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # each is a dataclass
    if set(given) != wanted:
        return f"needs {', '.join(sorted(wanted))}; has {', '.join(sorted(given)) or 'nothing'}"
    return kind(**given)
