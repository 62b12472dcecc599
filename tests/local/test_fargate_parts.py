"""The rules of health checks, turns and scaling, without a process."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from local.autoscaling.service import count_of
from local.autoscaling.tracking import Tracked, follow, wanted
from local.fargate.records import SERVICES
from local.fargate.targets import HEALTHY, INITIAL, UNHEALTHY, Check, Group, Target
from local.sagemaker.store import Store

CHECK = Check.of(
    {"HealthyThresholdCount": "3", "UnhealthyThresholdCount": 2, "Matcher": {"HttpCode": "200-204"}}
)


def _states(target: Target, results: str) -> list[str]:
    states = []
    for result in results:
        target.seen(result == "+", CHECK)
        states.append(target.state)
    return states


def test_a_new_target_needs_one_passed_check_and_later_the_thresholds_decide() -> None:
    states = _states(Target(1), "-+-+--++-+++")
    expected = [INITIAL, HEALTHY, HEALTHY, HEALTHY, HEALTHY, *[UNHEALTHY] * 6, HEALTHY]
    assert states == expected


@pytest.mark.parametrize(("status", "passes"), [(200, True), (204, True), (205, False), (302, False)])
def test_a_check_passes_on_its_codes(status: int, passes: bool) -> None:
    assert CHECK.passes(status) is passes


def test_healthy_targets_take_turns_or_the_least_busy_is_next() -> None:
    targets = [Target(1, HEALTHY), Target(2, UNHEALTHY), Target(3, HEALTHY, in_flight=4)]
    fair, least = Group(CHECK, 0, targets=targets), Group(CHECK, 0, least_busy=True, targets=targets)
    assert [target.port for _ in range(4) if (target := fair.next())] == [1, 3, 1, 3]
    assert [target.port for _ in range(2) if (target := least.next())] == [1, 1]
    assert Group(CHECK, 0, targets=[Target(2, UNHEALTHY)]).next() is None


@pytest.mark.parametrize(
    ("seen", "since_s", "expected"),
    [
        ([90, 90, 90], 60, 3),
        ([90, 90, 90], 59, 2),
        ([90, 50, 90], 60, 2),
        ([90, 90], 60, 2),
        ([20] * 15, 300, 1),
        ([20] * 15, 299, 2),
        ([20] * 14, 300, 2),
        ([55] * 15, 300, 2),
    ],
)
def test_the_count_follows_the_processor_use_after_its_cooldown(
    seen: list[float], since_s: float, expected: int
) -> None:
    given = {"TargetValue": 60, "ScaleOutCooldown": 60, "ScaleInCooldown": 300}
    policy: dict[str, Any] = {"TargetTrackingScalingPolicyConfiguration": given}
    assert wanted(policy, deque(seen, maxlen=15), 2, since_s) == expected


class _Ecs:
    """Takes UpdateService as the stand-in does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def update_service(self, *, cluster: str, service: str, desiredCount: int) -> None:  # noqa: N803
        self._store.update(SERVICES, f"{cluster}/{service}", desiredCount=desiredCount)


def test_a_tracked_service_is_scaled_within_its_range() -> None:
    store = Store()
    machine: Any = SimpleNamespace(store=store, aws=lambda _: _Ecs(store))
    store.put(SERVICES, "c/s", {"desiredCount": 2})
    where = {"ResourceId": "service/c/s"}
    store.put("scalable-target", "t", {**where, "MinCapacity": 2, "MaxCapacity": 4})
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    given = {"TargetValue": 50, "ScaleOutCooldown": 0, "PredefinedMetricSpecification": metric}
    store.put("scaling-policy", "p", {**where, "TargetTrackingScalingPolicyConfiguration": given})
    tracked, counts = Tracked(), []
    for percent in (90, 90, 75, 90, 90, 400):
        follow(machine, "c/s", percent, tracked)
        counts.append(count_of(machine, "service/c/s"))
    assert counts == [2, 2, 3, 3, 3, 4]
