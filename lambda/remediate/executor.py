"""From an event to a decision, recorded before anything is done about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from remediate.actions import Action, Call, NotAllowed
from remediate.decisions import PENDING, Decisions
from remediate.orders import Order, read
from shared.telemetry import logger

MODES = ("dry-run", "act")
FAILED = "failed"


@dataclass(frozen=True)
class Executor:
    """`clients` are those of ssm, ecs and autoscaling; `now` tells seconds since 1970."""

    mode: Literal["dry-run", "act"]
    environment: str
    actions: Mapping[str, Action]
    decisions: Decisions
    clients: Mapping[str, Any]
    now: Callable[[], float] = time.time

    def decide(self, event: Any) -> dict[str, Any]:
        """`{"decision", "why"}`. Raises only where AWS fails: the event may then be delivered again."""
        order = read(event, self.environment, self.now())
        known = self.decisions.find(order)
        if known is None:
            return self._new(order)
        if known.status not in (PENDING, FAILED):
            return {"decision": known.status, "why": "decided before"}
        if order.faults or order.action not in self.actions or self.mode != "act":
            why = "; ".join(order.faults) or "acting was switched off before it was done"
            return self._settled(order, "refused", known.status, why)
        return self._act(order, known.call, known.status)

    def _new(self, order: Order) -> dict[str, Any]:
        if order.faults:
            return self._final(order, "refused", "; ".join(order.faults))
        if order.action not in self.actions:
            return self._final(order, "ignored", f"{order.action} is not in the allow-list")
        try:
            call = self.actions[order.action].render(order.entity)
        except NotAllowed as error:
            return self._final(order, "refused", str(error))
        if self.mode != "act":
            return self._final(order, "would_act", "dry run", call)
        if not self.decisions.record(order, PENDING, self.now(), why="", call=call):
            return {"decision": PENDING, "why": "another delivery of the event acts"}
        return self._act(order, call, PENDING)

    def _act(self, order: Order, call: Call, held: str) -> dict[str, Any]:
        """Makes the call; a delivery that comes again makes it once more, to the same effect."""
        action = self.actions[order.action]
        try:
            if "to" not in call:
                aimed = action.aim(self.clients, call)
                call = aimed if aimed == call else self.decisions.aim(order, aimed, over=call)
            why = action.perform(self.clients, call, order.token)
        except NotAllowed as error:
            return self._settled(order, "refused", held, str(error))
        except (ClientError, BotoCoreError) as error:
            if held == PENDING:
                self.decisions.settle(order, FAILED, over=held, why=str(error))
            logger.warning("action failed", extra={"action": order.action, "error": type(error).__name__})
            raise
        return self._settled(order, "acted", held, why)

    def _final(self, order: Order, status: str, why: str, call: Call | None = None) -> dict[str, Any]:
        self.decisions.record(order, status, self.now(), why=why, call=call)
        return {"decision": status, "why": why}

    def _settled(self, order: Order, status: str, held: str, why: str) -> dict[str, Any]:
        self.decisions.settle(order, status, over=held, why=why)
        return {"decision": status, "why": why}
