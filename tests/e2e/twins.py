"""The placement's twins, taken away and given back as an operator does, and what the router told of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.run.cloud import Cloud
from tests.e2e.waiting import eventually

NAME = "local-workload"
"""Of the function, and of the service and its cluster."""
EXPLORATION = "/ops-ml/local/placement/exploration"


@contextmanager
def no_tasks(cloud: Cloud) -> Iterator[None]:
    """The service has none inside."""
    before = _service(cloud)["desiredCount"]
    _scale(cloud, 0)
    try:
        yield
    finally:
        _scale(cloud, before)


@contextmanager
def throttled(cloud: Cloud) -> Iterator[None]:
    """The function takes no invocation inside."""
    functions = cloud.client("lambda")
    functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        functions.delete_function_concurrency(FunctionName=NAME)


@contextmanager
def explored(cloud: Cloud, percent: str) -> Iterator[None]:
    """The exploration parameter says so inside; the router may not have read it yet."""
    ssm = cloud.client("ssm")
    before = ssm.get_parameter(Name=EXPLORATION)["Parameter"]["Value"]
    ssm.put_parameter(Name=EXPLORATION, Value=percent, Overwrite=True)
    try:
        yield
    finally:
        ssm.put_parameter(Name=EXPLORATION, Value=before, Overwrite=True)


def counted(cloud: Cloud, *names: str) -> list[float]:
    """Sums of the router's metrics, which it writes to its log in CloudWatch's embedded format."""
    router = cloud.client("lambda").get_function_configuration(
        FunctionName=cloud.output("Placement", "RouterName")
    )
    pages = cloud.client("logs").get_paginator("filter_log_events")
    sums = dict.fromkeys(names, 0.0)
    for page in pages.paginate(logGroupName=router["LoggingConfig"]["LogGroup"]):
        for event in page["events"]:
            told = json.loads(event["message"]) if '"_aws"' in event["message"] else {}
            for name in names:
                sums[name] += sum(told.get(name, ()))
    return list(sums.values())


def _service(cloud: Cloud) -> Any:
    (found,) = cloud.client("ecs").describe_services(cluster=NAME, services=[NAME])["services"]
    return found


def _scale(cloud: Cloud, count: int) -> None:
    """Waits for so many tasks that serve; scaling may want another number meanwhile."""

    def there() -> bool:
        found = _service(cloud)
        if found["desiredCount"] != count:
            cloud.client("ecs").update_service(cluster=NAME, service=NAME, desiredCount=count)
        return (found["desiredCount"], found["runningCount"]) == (count, count)

    eventually(there, f"{count} tasks at work")
