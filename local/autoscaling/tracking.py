"""Target tracking of services by the processor time of their tasks, as Application Auto Scaling does it.

A period is 10 s here and a minute in AWS; the numbers of periods and the declared cooldowns are the same.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field

from local.autoscaling import service as scaling
from local.sagemaker.machine import Machine
from local.sagemaker.store import Record

PERIOD_S = 10.0
_OUT_AFTER, _IN_AFTER = 3, 15
_IN_BELOW = 0.9
_METRIC = "ECSServiceAverageCPUUtilization"
_COOLDOWN_S = 300


@dataclass
class Tracked:
    """The last measures of one service and when its count was last changed."""

    seen: deque[float] = field(default_factory=lambda: deque(maxlen=_IN_AFTER))
    changed: float = -math.inf


def wanted(policy: Record, seen: deque[float], count: int, since_change_s: float) -> int:
    """The count that one policy asks for: out on three periods above its target, in on fifteen below."""
    given = policy["TargetTrackingScalingPolicyConfiguration"]
    target: float = given["TargetValue"]
    last = list(seen)
    if len(last) >= _OUT_AFTER and min(last[-_OUT_AFTER:]) > target:
        waited = since_change_s >= given.get("ScaleOutCooldown", _COOLDOWN_S)
        return max(count, math.ceil(count * last[-1] / target)) if waited else count
    low = len(last) == _IN_AFTER and max(last) < target * _IN_BELOW
    if (
        low
        and not given.get("DisableScaleIn")
        and since_change_s >= given.get("ScaleInCooldown", _COOLDOWN_S)
    ):
        return min(count, max(1, math.ceil(count * last[-1] / target)))
    return count


def follow(machine: Machine, key: str, percent: float, tracked: Tracked) -> None:
    """Note one period's processor use of service `key`, and scale where its policies say so."""
    tracked.seen.append(percent)
    resource = f"service/{key}"
    targets = [r for r in machine.store.all("scalable-target") if r["ResourceId"] == resource]
    policies = [r for r in machine.store.all("scaling-policy") if r["ResourceId"] == resource and _tracks(r)]
    if not targets or not policies:
        return
    count = scaling.count_of(machine, resource)
    waited = time.monotonic() - tracked.changed
    asked = max(wanted(policy, tracked.seen, count, waited) for policy in policies)
    if scaling.scale(machine, targets[0], asked) != count:
        tracked.changed = time.monotonic()
        tracked.seen.clear()


def _tracks(policy: Record) -> bool:
    given: Record = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    return bool(given.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType") == _METRIC)
