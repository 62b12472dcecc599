"""A target group at work: which ports answer its health check, and whose turn is next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

INITIAL, HEALTHY, UNHEALTHY, DRAINING = "initial", "healthy", "unhealthy", "draining"
_ALGORITHM = "load_balancing.algorithm.type"
_DELAY = "deregistration_delay.timeout_seconds"


@dataclass(frozen=True)
class Check:
    """A target group's health check, with the service's own defaults; times in seconds."""

    path: str
    interval_s: float
    timeout_s: float
    healthy_after: int
    unhealthy_after: int
    codes: str

    @classmethod
    def of(cls, props: dict[str, Any]) -> Check:
        return cls(
            path=props.get("HealthCheckPath", "/"),
            interval_s=float(props.get("HealthCheckIntervalSeconds", 30)),
            timeout_s=float(props.get("HealthCheckTimeoutSeconds", 5)),
            healthy_after=int(props.get("HealthyThresholdCount", 5)),
            unhealthy_after=int(props.get("UnhealthyThresholdCount", 2)),
            codes=str(props.get("Matcher", {}).get("HttpCode", "200")),
        )

    def passes(self, status: int) -> bool:
        """Whether a status is among the codes: `200`, `200,204` or `200-299`."""
        ranges = (part.partition("-") for part in self.codes.split(","))
        return any(int(low) <= status <= int(high or low) for low, _, high in ranges)


@dataclass(eq=False)
class Target:
    """One task's port on 127.0.0.1."""

    port: int
    state: str = INITIAL
    in_flight: int = 0
    _against: int = 0

    def seen(self, passed: bool, check: Check) -> None:
        """A new target needs one passed check; later the thresholds decide."""
        if self.state == INITIAL:
            self.state = HEALTHY if passed else INITIAL
        elif self.state != DRAINING:
            healthy = self.state == HEALTHY
            self._against = 0 if passed == healthy else self._against + 1
            if self._against >= (check.unhealthy_after if healthy else check.healthy_after):
                self.state, self._against = UNHEALTHY if healthy else HEALTHY, 0


@dataclass
class Group:
    """The targets of one target group. The healthy ones take turns, or the one with least to do is next."""

    check: Check
    delay_s: float
    name: str = ""
    least_busy: bool = False
    targets: list[Target] = field(default_factory=list)
    _turn: int = -1

    @classmethod
    def of(cls, props: dict[str, Any], name: str) -> Group:
        attributes = {pair["Key"]: pair["Value"] for pair in props.get("TargetGroupAttributes", [])}
        busy = attributes.get(_ALGORITHM, "round_robin") == "least_outstanding_requests"
        return cls(Check.of(props), float(attributes.get(_DELAY, 300)), name, busy)

    def next(self) -> Target | None:
        healthy = [target for target in self.targets if target.state == HEALTHY]
        if not healthy:
            return None
        self._turn += 1
        first = self._turn % len(healthy)
        turns = healthy[first:] + healthy[:first]
        return min(turns, key=lambda target: target.in_flight) if self.least_busy else turns[0]
