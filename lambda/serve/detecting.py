"""A streaming detector: each series' points go through it once, its state lies in the state table."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalog.contract import Contract
from serve.answers import Answer, of_point
from serve.memory import Remembered, remember
from serve.request import Sent
from shared.state import Change, StateStore

TTL_S = 30 * 86_400
"""A series silent for so long starts anew, unless its record schema says otherwise."""
DIGITS = 6


@dataclass(frozen=True)
class Detecting:
    """The detector that the contract names, on the contract's only feature."""

    store: Callable[[], StateStore]
    contract: Contract

    def see(self, sent: Sequence[Sent]) -> Remembered[Answer]:
        """Feeds the points in the order sent. Raises NotStored where other calls kept coming first."""
        history = self.contract.record.history
        ttl_s = history.ttl_hours * 3600 if history else TTL_S
        return remember(self.store(), self.contract, sent, ttl_s, self._change)

    def _change(self, sent: Sequence[Sent]) -> Change[list[Answer]]:
        """Feeds one series' points to its detector."""
        declared = self.contract.detector
        assert declared  # noqa: S101 - made for contracts that have one
        feature = self.contract.record.features[0].name
        times = np.array([each.time_ms / 1000 for each in sent])
        values = np.array([each.record.get(feature, math.nan) for each in sent], np.float64)
        code = importlib.import_module(f"detectors.{declared.method}")

        def change(body: bytes | None) -> tuple[bytes, list[Answer]]:
            detector = code.Detector(dict(declared.settings), body)
            scores = detector.update(times, values)
            return detector.state(), self._told(scores)

        return change

    def _told(self, scores: Any) -> list[Answer]:
        names = ("anomalous", "score", "expected", "lower", "upper", "warming", "stale")
        rows = zip(*(getattr(scores, name).tolist() for name in names), strict=True)
        return [
            of_point(
                self.contract,
                anomalous,
                score,
                {
                    "expected": _known(expected),
                    "lower": _known(lower),
                    "upper": _known(upper),
                    "warming": warming,
                    "stale": stale,
                },
            )
            for anomalous, score, expected, lower, upper, warming, stale in rows
        ]


def _known(value: float) -> float | None:
    """What the detector does not know is null."""
    return round(value, DIGITS) if math.isfinite(value) else None
