"""Serves a request on the platform chosen, or on the other one where that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
FAILOVER = "failover"


@dataclass(frozen=True)
class Attempt:
    """A platform that was tried: its outcome, and its answer where it gave one."""

    row: Row
    worked: Worked | None


@dataclass(frozen=True)
class Served:
    """`attempts` in their order; the last one gave the answer."""

    attempts: Sequence[Attempt]
    result: Any

    @property
    def outcome(self) -> dict[str, Any]:
        first, last = self.attempts[0].row, self.attempts[-1].row
        return {
            **{name: last[name] for name in ("platform", "latency_ms", "cost_usd")},
            "error": False,
            "failed_over": len(self.attempts) > 1,
            "explored": first["chosen_by"] == "chance",
            "forced": first["chosen_by"] == "caller",
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
        attempts: list[Attempt] = []
        try:
            for platform, by, share in self._plan(order, choice):
                timeout_s = int((remaining_s() - KEPT_S) * share)
                if timeout_s < SHORTEST_S:
                    break
                attempts.append(self._try(platform, by, order, timeout_s))
                if worked := attempts[-1].worked:
                    return Served(attempts, worked.result)
        finally:
            self.outcomes.record([each.row for each in attempts])
            self._count(attempts)
        raise NotServed("no platform answered; send it again")

    def _plan(self, order: Order, choice: Choice) -> Iterator[tuple[str, str, float]]:
        """Platforms to try, who chose each, and the share of the time left that it may take."""
        first, by = self._first(order, choice)
        second = self.chooser.other(first)
        if not self.chooser.allows(second, order.record):
            yield first, by, 1.0
            return
        yield first, by, FIRST_SHARE
        yield second, FAILOVER, 1.0

    def _first(self, order: Order, choice: Choice) -> tuple[str, str]:
        if order.forced:
            return order.forced, "caller"
        contract = self.chooser.contract
        coin = self.exploration.coin(str(order.record[contract.record.entity]))
        if coin is None or choice.limited:
            return choice.platform, "model"
        return contract.target.classes[coin], "chance"

    def _try(self, platform: str, by: str, order: Order, timeout_s: int) -> Attempt:
        began, worked = self.clock(), None
        try:
            worked = self.twins[platform].ask(self._request(order), timeout_s)
            ran_ms: float | None = worked.work_ms if platform == FUNCTION else worked.cpu_ms
        except TwinFailed as error:
            told = {"platform": platform, "reason": error.reason, "why": str(error)}
            logger.warning("twin failed", extra=told)
            ran_ms = 1000 * (self.clock() - began) if error.ran else None
        measured = row(
            order.record,
            platform=platform,
            latency_ms=1000 * (self.clock() - began),
            cost_usd=self._cost_usd(platform, ran_ms),
            error=worked is None,
            chosen_by=by,
        )
        return Attempt(measured, worked)

    def _request(self, order: Order) -> dict[str, Any]:
        entity = self.chooser.contract.record.entity
        told = {name: order.record[name] for name in ("workload_type", SIZE)}
        return {**told, "payload": order.payload, "request_id": order.record[entity]}

    def _cost_usd(self, platform: str, ran_ms: float | None) -> float:
        """What ran is billed, whether or not its answer came; what was turned away is not. A function is
        billed for as long as it runs, a service needs as many tasks as its CPU time fills."""
        placement = self.chooser.placement
        if ran_ms is None:
            return 0.0
        twin = placement.function if platform == FUNCTION else placement.service
        return twin.cost_usd(ran_ms, placement.prices)

    def _count(self, attempts: Sequence[Attempt]) -> None:
        failed = [each.row["platform"] for each in attempts if not each.worked]
        by = [each.row["chosen_by"] for each in attempts]
        counts: dict[str, float] = {
            "Routed": len(attempts) > len(failed),
            "FailedOver": by.count(FAILOVER),
            "Explored": by.count("chance"),
            "Forced": by.count("caller"),
            **{f"{platform.capitalize()}Failed": failed.count(platform) for platform in self.twins},
        }
        count(counts, model=self.chooser.contract.name)
