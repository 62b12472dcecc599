"""What may be done about a recommended action: the allow-list, and the calls it stands for."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

HOLE = "{entity}"
FILLING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""What may stand in the place of {entity}: no path, no ARN, nothing a shell or a template would read."""
DOCUMENT = re.compile(r"[A-Za-z0-9_.:/-]{3,128}")
Call = dict[str, Any]


class NotAllowed(Exception):
    """The action is beyond a bound, or its entity may not stand in it; `str()` says why."""


class Action(ABC):
    """One entry of the allow-list."""

    @abstractmethod
    def faults(self) -> Iterator[str]:
        """What is wrong with the entry itself."""

    @abstractmethod
    def render(self, entity: str) -> Call:
        """The call for this entity, without a look at the world; NotAllowed where it may not stand in it."""

    def aim(self, clients: Mapping[str, Any], call: Call) -> Call:  # noqa: ARG002 - the plain case
        """The call with what the world adds to it; NotAllowed, or the client's errors."""
        return call

    @abstractmethod
    def perform(self, clients: Mapping[str, Any], call: Call, token: str) -> str:
        """Makes an aimed call: once, however often it is asked to with it. Tells what came of it."""


@dataclass(frozen=True)
class Automation(Action):
    """Starts an SSM Automation document; `parameters` are lists of texts."""

    document: str
    parameters: Mapping[str, Any]

    def faults(self) -> Iterator[str]:
        if not isinstance(self.document, str) or not DOCUMENT.fullmatch(self.document):
            yield "document must be the name of an SSM document"
        if not isinstance(self.parameters, Mapping):
            yield "parameters must be an object of lists of texts"
            return
        for name, values in self.parameters.items():
            if not isinstance(values, list) or not values or not all(map(is_template, values)):
                yield f"parameters.{name} must be a list of texts in which {HOLE} is the only placeholder"

    def render(self, entity: str) -> Call:
        filled = {name: [fill(each, entity) for each in values] for name, values in self.parameters.items()}
        return {"document": self.document, "parameters": filled}

    def perform(self, clients: Mapping[str, Any], call: Call, token: str) -> str:
        given = {"Parameters": call["parameters"]} if call["parameters"] else {}
        started = clients["ssm"].start_automation_execution(
            DocumentName=call["document"], ClientToken=token, **given
        )
        return f"automation {started['AutomationExecutionId']}"


def fill(template: str, entity: str) -> str:
    """The template with the entity in its place; NotAllowed where that may not stand there."""
    if HOLE not in template:
        return template
    if not FILLING.fullmatch(entity):
        raise NotAllowed(f"entity {entity!r} may not stand in an action; allowed is {FILLING.pattern}")
    return template.replace(HOLE, entity)


def is_template(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not set("{}") & set(value.replace(HOLE, ""))
