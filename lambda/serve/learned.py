"""What a trained model says of each record: its candidate, its champion, or why neither does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from catalog.contract import Contract
from serve.artifact import LoadFailed, NotFetched
from serve.champions import Champion, Champions
from serve.models import Models
from serve.session import ModelFailed, Output, Rows, Session
from shared.telemetry import logger

NO_MODEL = "no_model"


@dataclass(frozen=True)
class Said:
    """One record's answer: `numbers` are probabilities or values, or None with a `reason` in one word."""

    numbers: Any = None
    """(classes,), or (rows of the record, values)."""
    label: int | None = None
    package: str | None = None
    reason: str | None = None
    interval: tuple[float, float] | None = None


@dataclass
class Faults:
    """Records for which a model that should have answered did not.

    A package counts as the candidate for as long as it is being promoted, also once it is the champion: these
    faults take it back, and those of the champion it replaces must not.
    """

    champion: int = 0
    candidate: int = 0


@dataclass
class Round:
    """One request to one model: which package answers for which record. Made by `Learned.start`."""

    load: Callable[[str], Session]
    champion: Champion | None
    packages: list[str | None]
    """By record."""
    faults: Faults = field(default_factory=Faults)

    def ready(self) -> bool:
        """Whether each record has a model that loads."""
        return all(self._usable(package) for package in set(self.packages))

    def run(self, rows: Rows) -> list[Said]:
        """`rows` hold as many rows for each record."""
        found = [Said(reason=NO_MODEL if self.champion else "load_failed")] * len(self.packages)
        each = len(rows) // len(self.packages)
        groups = rows.reshape(len(self.packages), each, -1)
        for package in sorted({package for package in self.packages if package}):
            places = [place for place, wanted in enumerate(self.packages) if wanted == package]
            answers = self._answers(package, np.concatenate(groups[places]), len(places))
            for place, said in zip(places, answers, strict=True):
                found[place] = said
        return found

    def _answers(self, package: str, rows: Rows, records: int) -> list[Said]:
        champion = self.champion or Champion()
        try:
            return _split(self.load(package).run(rows), records, package)
        except (LoadFailed, ModelFailed) as error:
            reason = error.reason if isinstance(error, LoadFailed) else "model_error"
            logger.error(
                "model failed", extra={"package": package, "reason": reason, "why": str(error)[:500]}
            )
            if package == champion.candidate and not isinstance(error, NotFetched):
                self.faults.candidate += records
        if champion.package and champion.package != package:
            return self._answers(champion.package, rows, records)
        if champion.package:
            self.faults.champion += records
        return [Said(reason=reason)] * records

    def _usable(self, package: str | None) -> bool:
        try:
            return package is not None and bool(self.load(package))
        except LoadFailed:
            return self._usable_instead(package)

    def _usable_instead(self, package: str | None) -> bool:
        champion = self.champion.package if self.champion else None
        return champion is not None and champion != package and self._usable(champion)


@dataclass(frozen=True)
class Learned:
    """One trained model of a contract."""

    contract: Contract
    champions: Champions
    models: Models

    def start(self, entities: Sequence[str]) -> Round:
        """For one record of each of the entities."""
        champion = self.champions.of(self.contract.name)
        self.models.keep(self.champions.packages())
        packages = [champion.of(entity) if champion else None for entity in entities]
        return Round(lambda package: self.models.load(package, self.contract), champion, packages)


def _split(output: Output, records: int, package: str) -> list[Said]:
    numbers = output.numbers.reshape(records, -1, output.numbers.shape[1])
    if output.labels is None:
        return [Said(each, None, package) for each in numbers]
    bounds = [None] * records if output.interval is None else [(low, high) for low, high in output.interval]
    told = zip(numbers, output.labels.tolist(), bounds, strict=True)
    return [Said(each[0], label, package, interval=between) for each, label, between in told]
