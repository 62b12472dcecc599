"""What an environment may do about a recommended action: the executor's allow-list, as values.

`{entity}` in a text stands for what the prediction is about.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

HOLE = "{entity}"
ROLE = "AutomationAssumeRole"


@dataclass(frozen=True)
class Automation:
    """Starts an SSM Automation document. It acts under the role that its AutomationAssumeRole names."""

    document: str
    parameters: tuple[tuple[str, tuple[str, ...]], ...]

    def entry(self) -> dict[str, object]:
        given = {name: list(values) for name, values in self.parameters}
        return {"kind": "ssm-automation", "document": self.document, "parameters": given}


@dataclass(frozen=True, kw_only=True)
class EcsScale:
    """Raises the desired tasks of an ECS service by `step`, up to `cap`."""

    cluster: str
    service: str
    step: int = 1
    cap: int = 4

    def entry(self) -> dict[str, object]:
        return {"kind": "ecs-scale", **vars(self)}


@dataclass(frozen=True, kw_only=True)
class GroupScale:
    """Raises the desired instances of an EC2 Auto Scaling group by `step`, up to `cap`."""

    group: str
    step: int = 1
    cap: int = 4

    def entry(self) -> dict[str, object]:
        return {"kind": "autoscaling-desired", **vars(self)}


Action = Automation | EcsScale | GroupScale


@dataclass(frozen=True)
class Remediation:
    """Decides on every prediction above its model's threshold. Until `mode` is act it only tells what it
    would do."""

    actions: tuple[tuple[str, Action], ...]
    mode: Literal["dry-run", "act"] = "dry-run"


def remediation_problems(remediation: Remediation) -> Iterator[str]:
    names = [name for name, _ in remediation.actions]
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) or names.count(name) > 1:
            yield f"remediation of {name!r} must be an action's name in snake_case and stand once"
    for name, action in remediation.actions:
        if isinstance(action, Automation):
            if remediation.mode == "act" and ROLE not in dict(action.parameters):
                yield f"remediation of {name}: to act, {action.document} needs {ROLE} among its parameters"
        elif not 1 <= action.step <= action.cap:
            yield f"remediation of {name}: step {action.step} must be from 1 to the cap, {action.cap}"
