"""Serves a request on the platform chosen, or on the other one where that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from place.choice import FUNCTION, SIZE, Choice, Chooser
from place.exploration import Exploration
from place.order import Order
from place.outcomes import Outcomes, Row, row
from place.twins import Twin, TwinFailed, Worked
from shared.problems import NotServed
from shared.telemetry import count, logger

FIRST_SHARE = 0.6
"""Of the time that is left, where another platform could still be tried."""
KEPT_S = 3.0
"""Of the function's time, for outcomes, counts and the answer."""
SHORTEST_S = 1


@dataclass(frozen=True)
class Served:
    """`rows` are the outcomes of all platforms tried, the last one's being the answer's."""

    rows: Sequence[Row]
    worked: Worked | None
    explored: bool
    forced: bool

    @property
    def outcome(self) -> dict[str, Any]:
        last = self.rows[-1]
        return {
            "platform": last["platform"],
            "latency_ms": last["latency_ms"],
            "cost_usd": last["cost_usd"],
            "error": False,
            "failed_over": len(self.rows) > 1,
            "explored": self.explored,
            "forced": self.forced,
        }


@dataclass(frozen=True)
class Router:
    """`twins` by platform; `clock` tells seconds."""

    chooser: Chooser
    twins: Mapping[str, Twin]
    exploration: Exploration
    outcomes: Outcomes
    clock: Callable[[], float] = time.perf_counter

    def serve(self, order: Order, choice: Choice, remaining_s: Callable[[], float]) -> Served:
        """Raises NotServed where no platform answers, Rejected where the content is at fault."""
        first, explored = self._first(order, choice)
        second = self.chooser.other(first)
        platforms = [first, second] if self.chooser.allows(second, order.record) else [first]
        rows: list[Row] = []
        worked = None
        try:
            for platform in platforms:
                share = FIRST_SHARE if platform != platforms[-1] else 1.0
                timeout_s = int((remaining_s() - KEPT_S) * share)
                if timeout_s < SHORTEST_S:
                    break
                measured, worked = self._try(platform, order, timeout_s)
                rows.append(measured)
                if worked:
                    break
        finally:
            served = Served(rows, worked, explored, order.forced is not None)
            self.outcomes.record(rows)
            self._count(served)
        if worked is None:
            raise NotServed("no platform answered; send it again")
        return served

    def _first(self, order: Order, choice: Choice) -> tuple[str, bool]:
        """The platform to try first, and whether a coin chose it."""
        if order.forced:
            return order.forced, False
        if choice.limited:
            return choice.platform, False
        contract = self.chooser.contract
        coin = self.exploration.coin(str(order.record[contract.record.entity]))
        return (choice.platform, False) if coin is None else (contract.target.classes[coin], True)

    def _try(self, platform: str, order: Order, timeout_s: int) -> tuple[Row, Worked | None]:
        began = self.clock()
        worked, ran_ms = None, 0.0
        try:
            worked = self.twins[platform].ask(self._request(order), timeout_s)
        except TwinFailed as error:
            logger.warning(
                "twin failed", extra={"platform": platform, "reason": error.reason, "why": str(error)}
            )
            ran_ms = 1000 * (self.clock() - began) if error.ran else 0.0
        latency_ms = 1000 * (self.clock() - began)
        cost_usd = self._cost_usd(platform, worked.work_ms if worked else ran_ms)
        measured = row(
            order.record, platform=platform, latency_ms=latency_ms, cost_usd=cost_usd, error=worked is None
        )
        return measured, worked

    def _request(self, order: Order) -> dict[str, Any]:
        entity = self.chooser.contract.record.entity
        told = {name: order.record[name] for name in ("workload_type", SIZE)}
        return {**told, "payload": order.payload, "request_id": order.record[entity]}

    def _cost_usd(self, platform: str, ran_ms: float) -> float:
        """What ran is billed, whether or not its answer came; what was turned away is not."""
        placement = self.chooser.placement
        if ran_ms == 0:
            return 0.0
        twin = placement.function if platform == FUNCTION else placement.service
        return twin.cost_usd(ran_ms, placement.prices)

    def _count(self, served: Served) -> None:
        failed = {each["platform"] for each in served.rows if each["error"]}
        counts = {f"{name.capitalize()}Failed": float(name in failed) for name in self.twins}
        told = {
            "Routed": served.worked is not None,
            "FailedOver": served.worked is not None and bool(failed),
            "Explored": served.explored,
            "Forced": served.forced,
        }
        counts |= {name: float(value) for name, value in told.items()}
        count(counts, model=self.chooser.contract.name)
