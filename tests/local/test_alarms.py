"""An alarm of the local AWS watches its own metric and no other of the same name."""

from __future__ import annotations

from typing import Any

from tests.local.toys import LocalAws

NAMES = ("first", "second")


def dimensions(function: str) -> list[dict[str, str]]:
    return [{"Name": "FunctionName", "Value": function}]


def states(cloudwatch: Any) -> dict[str, str]:
    found = cloudwatch.describe_alarms(AlarmNamePrefix="errors-of-")["MetricAlarms"]
    return {each["AlarmName"].removeprefix("errors-of-"): each["StateValue"] for each in found}


def fail(cloudwatch: Any, function: str, errors: float) -> None:
    datum = {"MetricName": "Errors", "Dimensions": dimensions(function), "Value": errors}
    cloudwatch.put_metric_data(Namespace="Toys", MetricData=[datum])


def test_one_function_s_error_rings_its_own_alarm_alone(aws: LocalAws) -> None:
    cloudwatch = aws("cloudwatch")
    for name in NAMES:
        cloudwatch.put_metric_alarm(
            AlarmName=f"errors-of-{name}",
            Namespace="Toys",
            MetricName="Errors",
            Dimensions=dimensions(name),
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
    assert states(cloudwatch) == dict.fromkeys(NAMES, "INSUFFICIENT_DATA")
    fail(cloudwatch, "second", 1)
    assert states(cloudwatch) == {"first": "INSUFFICIENT_DATA", "second": "ALARM"}
    fail(cloudwatch, "first", 0)
    assert states(cloudwatch) == {"first": "OK", "second": "ALARM"}
