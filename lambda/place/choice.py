"""From the model's answers to platforms: what a payload's limit forbids, no model may choose."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contract import Contract, Placement
from serve import answers
from serve.artifact import Facts
from serve.learned import Faults
from serve.request import Request, Sent
from serve.service import RULE, Reply, Service
from shared.problems import Refused
from shared.telemetry import logger

FUNCTION = "lambda"
"""The platform with a limit to its payload; the contract's other class is the service."""
SIZE = "payload_size_kb"
RULE_NAME = "default-routing"


@dataclass(frozen=True)
class Choice:
    """Where one request is to be served. `shares` are probabilities by platform, None where a rule chose."""

    sent: Sent
    platform: str
    shares: Mapping[str, float] | None
    limited: bool
    model: Mapping[str, Any]
    """What answered."""
    inference_ms: float
    """This request's part of the time that all of them took together."""

    @property
    def record(self) -> Mapping[str, Any]:
        return self.sent.record


@dataclass(frozen=True)
class Chooser:
    """`service` is the model's, `clock` tells seconds."""

    contract: Contract
    placement: Placement
    service: Service
    clock: Callable[[], float] = time.perf_counter

    def choose(self, request: Request) -> tuple[Reply, list[Choice]]:
        """The model's reply as it is told of, and the choices it comes to; nothing of the model fails it."""
        began = self.clock()
        reply = self._reply(request)
        each_ms = 1000 * (self.clock() - began) / len(reply.sent)
        return reply, [self._choice(reply, n, each_ms) for n in range(len(reply.sent))]

    def allows(self, platform: str, record: Mapping[str, Any]) -> bool:
        return platform != FUNCTION or record[SIZE] <= self.placement.function.limit_kb

    def other(self, platform: str) -> str:
        first, second = self.contract.target.classes
        return second if platform == first else first

    def _reply(self, request: Request) -> Reply:
        try:
            return self.service.answer(request)
        except Refused:
            raise
        except Exception:  # whatever a model does, the rule knows a platform
            logger.exception("model failed")
            told = [answers.of_rule(self.contract, each.record) for each in request.sent]
            rows = len(told)
            return Reply(told, [RULE] * rows, ["model_error"] * rows, request.sent, Faults(champion=rows))

    def _choice(self, reply: Reply, n: int, each_ms: float) -> Choice:
        sent, told, model = reply.sent[n], reply.answers[n].body, self._model(reply, n)
        limited = not self.allows(FUNCTION, sent.record)
        if not limited:
            return Choice(sent, told["label"], told["probabilities"], False, model, each_ms)
        platform = self.other(FUNCTION)
        return Choice(sent, platform, {FUNCTION: 0.0, platform: 1.0}, True, model, each_ms)

    def _model(self, reply: Reply, n: int) -> dict[str, Any]:
        package = reply.packages[n] if reply.packages else None
        if package and self.service.learned:
            return _described(self.service.learned.models.facts(package))
        nothing = {"model_type": RULE_NAME, "test_accuracy": None, "training_date": None}
        return {**nothing, "degraded": True, "degraded_reason": reply.reasons[n]}


def _described(facts: Facts) -> dict[str, Any]:
    return {
        "model_type": facts.learner,
        "test_accuracy": _number(facts.metadata.get("accuracy")),
        "training_date": facts.created.isoformat() if facts.created else None,
    }


def _number(text: str | None) -> float | None:
    """What is no finite number is not told."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
