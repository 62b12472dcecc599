"""A choice as callers are told it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from catalog.contract import Contract, Placement
from place.choice import Choice


@dataclass(frozen=True)
class Telling:
    """`memory_mb` is this function's own size: a prediction costs what it runs."""

    contract: Contract
    placement: Placement
    memory_mb: int

    def one(self, choice: Choice) -> dict[str, Any]:
        return self._answer(choice, together=1)

    def batch(self, choices: Sequence[Choice], request_id: str) -> dict[str, Any]:
        predictions = [self._answer(each, together=len(choices)) for each in choices]
        return {"request_id": request_id, "predictions": predictions}

    def _answer(self, choice: Choice, together: int) -> dict[str, Any]:
        """`together` choices were made in one invocation, and share its cost."""
        schema = self.contract.record
        ran = choice.inference_ms * together
        own = replace(self.placement.function, memory_mb=self.memory_mb)
        return {
            "request_id": choice.record[schema.entity],
            "prediction": self._prediction(choice),
            "metrics": {
                "inference_time_ms": round(choice.inference_ms, 4),
                "inference_cost_usd": own.cost_usd(ran, self.placement.prices) / together,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            },
            "request_context": {
                name: value for name, value in choice.record.items() if name != schema.entity
            },
            "model_info": dict(choice.model),
        }

    def _prediction(self, choice: Choice) -> dict[str, Any]:
        shares = choice.shares or {}
        told = {
            "platform": choice.platform,
            "confidence": shares.get(choice.platform),
            **{f"{name}_probability": shares.get(name) for name in self.contract.target.classes},
        }
        return {**told, "limited": True} if choice.limited else told
