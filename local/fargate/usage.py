"""Measures what the tasks of each service use: a metric as ECS publishes it, and the cause of scaling."""

from __future__ import annotations

import logging
import threading
from statistics import fmean

from local.autoscaling import tracking
from local.fargate.fargate import Fargate

logger = logging.getLogger("local.fargate")


def watch(fargate: Fargate) -> None:
    threading.Thread(target=_loop, args=(fargate,), name="usage", daemon=True).start()


def _loop(fargate: Fargate) -> None:
    followed: dict[str, tracking.Tracked] = {}
    while not fargate.closed.wait(tracking.PERIOD_S):
        fargate.balancer.count_hosts()
        for key, crew in fargate.crews().items():
            used = [task.cpu_percent() for task in list(crew.tasks) if task.serves]
            if used:
                _publish(fargate, key, fmean(used), followed.setdefault(key, tracking.Tracked()))


def _publish(fargate: Fargate, key: str, percent: float, tracked: tracking.Tracked) -> None:
    cluster, _, service = key.partition("/")
    named = (("ClusterName", cluster), ("ServiceName", service))
    fargate.machine.telemetry.metric("AWS/ECS", "CPUUtilization", named, percent, "Percent")
    try:
        tracking.follow(fargate.machine, key, percent, tracked)
    except Exception:  # measuring goes on whatever scaling met
        logger.exception("scaling %s", key)
