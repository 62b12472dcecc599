"""Which package each model answers with just now: read from SSM, kept for a while, outliving its absence."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from catalog.contract import NO_CHAMPION
from serve.settings import Parameters
from shared.registry import champions
from shared.telemetry import logger

KEPT_S = 30
UNKNOWN_S = 2
"""How soon parameters that were never read are asked for again: until then there is no model at all."""


@dataclass(frozen=True)
class Champion:
    """Package ARNs; `percent` of the entities are answered by the candidate, where there is one."""

    package: str | None = None
    candidate: str | None = None
    percent: int = 0

    def of(self, entity: str) -> str | None:
        """The package that answers for the entity: always the same while the shares stay as they are."""
        if self.candidate and _share(entity) < self.percent:
            return self.candidate
        return self.package


class Champions:
    """`ssm` makes the client, `clock` tells seconds."""

    def __init__(
        self,
        ssm: Callable[[], Any],
        parameters: Mapping[str, Parameters],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ssm, self._parameters, self._clock = ssm, parameters, clock
        self._found: dict[str, Champion] | None = None
        self._until = float("-inf")

    def of(self, model: str) -> Champion | None:
        """None where the parameters could not be read even once."""
        if self._clock() >= self._until:
            self._refresh()
        return None if self._found is None else self._found[model]

    def packages(self) -> set[str]:
        """Every package that answers just now."""
        found = (self._found or {}).values()
        return {package for each in found for package in (each.package, each.candidate) if package}

    def _refresh(self) -> None:
        self._until = self._clock() + (UNKNOWN_S if self._found is None else KEPT_S)
        names = [name for each in self._parameters.values() for name in (each.champion, each.candidate)]
        try:
            held = {name: str(each["Value"]) for name, each in champions(self._ssm(), names).items()}
        except (ClientError, BotoCoreError, HTTPError, OSError) as error:
            logger.warning("champions not read", extra={"error": type(error).__name__})
            return
        self._found = {
            model: _champion(held.get(each.champion), held.get(each.candidate))
            for model, each in self._parameters.items()
        }
        self._until = self._clock() + KEPT_S


def _champion(champion: str | None, candidate: str | None) -> Champion:
    package = None if champion in (None, NO_CHAMPION) else champion
    shifted, _, percent = (candidate or NO_CHAMPION).partition(" ")
    if shifted == NO_CHAMPION or not percent.isdigit():
        return Champion(package)
    return Champion(package, shifted, int(percent))


def _share(entity: str) -> int:
    """0 to 99, spread evenly over entities."""
    return int.from_bytes(hashlib.sha256(entity.encode()).digest()[:8]) % 100
