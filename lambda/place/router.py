"""Serves a request on the platform chosen, or on the other one where that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from catalog.contract import EXPLORED, LOAD
from place.choice import FUNCTION, SIZE, Choice, Chooser
from place.exploration import Exploration
from place.order import Order
from place.outcomes import Outcomes, Row, row
from place.twins import Twin, TwinFailed, Worked
from shared.problems import NotServed
from shared.telemetry import count, logger

FIRST_SHARE = 0.6
"""Of the time that is left, where another platform could still be tried."""
KEPT_S = 6.0
"""Of the function's time, for outcomes, counts and the answer: the gateway, which waits no longer than the
function may run, has waited for its start too."""
SHORTEST_S = 1
CALLER, FAILOVER, THRIFT = "caller", "failover", "thrift"


@dataclass(frozen=True)
class Attempt:
    """A platform that was tried: its outcome, and its answer where it gave one."""

    row: Row
    worked: Worked | None


@dataclass(frozen=True)
class Served:
    """`attempts` in the order in which their answers were wanted."""

    attempts: Sequence[Attempt]

    @property
    def result(self) -> Any:
        return self._answered[1].result

    @property
    def outcome(self) -> dict[str, Any]:
        row, by = self._answered[0], self.attempts[0].row["chosen_by"]
        return {
            **{name: row[name] for name in ("platform", "latency_ms", "cost_usd")},
            "error": False,
            "failed_over": self.attempts[0].worked is None,
            "explored": by == EXPLORED,
            "forced": by == CALLER,
            "thrifty": by == THRIFT,
        }

    @property
    def _answered(self) -> tuple[Row, Worked]:
        return next((each.row, each.worked) for each in self.attempts if each.worked)


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
        explores = not order.forced and not choice.limited and self.exploration.explores(order.own_id)
        try:
            for each in (self._both if explores else self._in_turn)(order, choice, remaining_s):
                attempts.append(each)
            if any(each.worked for each in attempts):
                return Served(attempts)
        finally:
            self.outcomes.record([each.row for each in attempts])
            self._count(attempts)
        raise NotServed("no platform answered; send it again")

    def _in_turn(self, order: Order, choice: Choice, remaining_s: Callable[[], float]) -> Iterator[Attempt]:
        """One platform, and the other where that fails."""
        for platform, by, share in self._plan(order, choice):
            timeout_s = int((remaining_s() - KEPT_S) * share)
            if timeout_s < SHORTEST_S:
                return
            found = self._try(platform, by, order, timeout_s)
            yield found
            if found.worked:
                return

    def _both(self, order: Order, choice: Choice, remaining_s: Callable[[], float]) -> Iterator[Attempt]:
        """Both platforms at once: the answer is the chosen one's, and comes when the slower one is done."""
        timeout_s = max(int(remaining_s() - KEPT_S), SHORTEST_S)
        platforms = (choice.platform, self.chooser.other(choice.platform))
        with ThreadPoolExecutor(len(platforms)) as pool:
            asked = [pool.submit(self._try, each, EXPLORED, order, timeout_s) for each in platforms]
            yield from (each.result() for each in asked)

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
            return order.forced, CALLER
        if self._thrifty(order, choice):
            return self.chooser.other(FUNCTION), THRIFT
        return choice.platform, "model"

    def _thrifty(self, order: Order, choice: Choice) -> bool:
        """Whether the function is too little the better one for its price; a rule says how sure it is of
        nothing, and stands."""
        if choice.platform != FUNCTION or choice.shares is None:
            return False
        return choice.shares[FUNCTION] < self.chooser.placement.function_from(str(order.record[LOAD]))

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
            self._record(order),
            platform=platform,
            latency_ms=1000 * (self.clock() - began),
            cost_usd=self._cost_usd(platform, ran_ms),
            error=worked is None,
            chosen_by=by,
        )
        return Attempt(measured, worked)

    def _record(self, order: Order) -> dict[str, Any]:
        """As it is learned from: with id and time of our own, as callers may send any."""
        schema = self.chooser.contract.record
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return {**order.record, schema.entity: order.own_id, schema.time: now}

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
            "FailedOver": bool(failed) and len(attempts) > 1 and not attempts[0].worked,
            "Explored": EXPLORED in by,
            "Forced": CALLER in by,
            "Thrifty": THRIFT in by,
            **{f"{platform.capitalize()}Failed": failed.count(platform) for platform in self.twins},
        }
        count(counts, model=self.chooser.contract.name)
