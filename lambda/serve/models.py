"""The sessions of the packages in use: loaded once, and not tried again at once where that failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from catalog.contract import Contract
from serve import artifact
from serve.artifact import Facts, LoadFailed
from serve.session import Session
from shared.telemetry import logger

RETRY_S = 30


@dataclass
class Models:
    """`sagemaker` and `s3` make clients, `clock` tells seconds."""

    sagemaker: Callable[[], Any]
    s3: Callable[[], Any]
    clock: Callable[[], float] = time.monotonic
    _loaded: dict[str, Session] = field(default_factory=dict)
    _facts: dict[str, Facts] = field(default_factory=dict)
    _failed: dict[str, tuple[LoadFailed, float]] = field(default_factory=dict)

    def load(self, package: str, contract: Contract) -> Session:
        """Raises LoadFailed."""
        if package in self._loaded:
            return self._loaded[package]
        failure, until = self._failed.get(package, (None, 0.0))
        if failure and self.clock() < until:
            raise failure
        try:
            files = artifact.fetch(self.sagemaker(), self.s3(), package, contract)
            self._loaded[package] = Session(files.onnx, contract)
            self._facts[package] = files.facts
        except LoadFailed as error:
            logger.error("model not loaded", extra={"package": package, "why": str(error)[:500]})
            self._failed[package] = (error, self.clock() + RETRY_S)
            raise
        self._failed.pop(package, None)
        logger.info("model loaded", extra={"package": package})
        return self._loaded[package]

    def facts(self, package: str) -> Facts:
        """Of a package that is loaded."""
        return self._facts[package]

    def keep(self, packages: Iterable[str]) -> None:
        """Forgets all others."""
        wanted = set(packages)
        for held in (self._loaded, self._facts, self._failed):
            for package in set(held) - wanted:
                del held[package]
