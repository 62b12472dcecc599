"""What the function is told: all that a model's function is, and where the twins and their outcomes lie."""

from __future__ import annotations

import os
from dataclasses import dataclass

from catalog.contract import Placement
from serve import settings as serving
from serve.settings import Settings
from shared.environment import Environment

NAMES = ("FUNCTION_TWIN", "SERVICE_URL", "OUTCOMES", "DEAD_LETTERS", "EXPLORATION")


@dataclass(frozen=True)
class Forwarding:
    """The function twin's name, the service twin's URL, the stream that takes outcomes, the queue for those
    that it does not take, and the SSM parameter that holds the percentage of requests to explore with."""

    function_twin: str
    service_url: str
    outcomes: str
    dead_letters: str
    exploration: str


@dataclass(frozen=True)
class PlaceSettings:
    """`forwarding` is None where the function only predicts."""

    serving: Settings
    placement: Placement
    forwarding: Forwarding | None


def read() -> PlaceSettings:
    """Raises BadEnvironment with everything that is wrong."""
    own = serving.read()
    environment = Environment()
    placement = own.contract.placement
    environment.require(placement is not None, f"MODEL {own.contract.name!r} places nothing")
    environment.require(own.contract.name in own.parameters, f"PARAMETERS lacks {own.contract.name}")
    forwards = any(os.environ.get(name) for name in NAMES)
    values = [environment.text(name) for name in NAMES] if forwards else []
    environment.done()
    assert placement  # noqa: S101 - required above
    return PlaceSettings(own, placement, Forwarding(*values) if forwards else None)
