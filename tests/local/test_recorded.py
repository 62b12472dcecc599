"""Recorded answers stand before the emulator's own handlers, and take nothing else away from them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from local.recorded import query
from local.recorded.service import Recorded

THEIRS = (200, {}, b"theirs")


async def theirs(*_: Any) -> Any:
    return THEIRS


def asked(headers: dict[str, str], body: bytes) -> Any:
    return asyncio.run(Recorded().before(theirs)("POST", "/", headers, body, {}))


def metric(namespace: str) -> bytes:
    stat = {
        "Metric": {"Namespace": namespace, "MetricName": "CPUUtilization"},
        "Period": 300,
        "Stat": "Average",
    }
    asked = {"MetricDataQueries": [{"Id": "m0", "MetricStat": stat}], "StartTime": 0, "EndTime": 600}
    return json.dumps(asked).encode()


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("", b"Action=DescribeVpcs&Version=2016-11-15"),
        ("", b""),
        ("GraniteServiceVersion20100801.PutMetricData", b"{}"),
        ("GraniteServiceVersion20100801.GetMetricData", metric("OpsMl")),
        ("GraniteServiceVersion20100801.ListMetrics", b'{"Namespace": "OpsMl"}'),
    ],
)
def test_what_is_not_recorded_is_the_emulators(target: str, body: bytes) -> None:
    assert asked({"x-amz-target": target} if target else {}, body) == THEIRS


def test_metrics_of_ec2_are_answered() -> None:
    status, _, body = asked(
        {"x-amz-target": "GraniteServiceVersion20100801.GetMetricData"}, metric("AWS/EC2")
    )
    assert status == 200
    (result,) = json.loads(body)["MetricDataResults"]
    assert result["Timestamps"] == [0, 300]


def test_a_query_is_read_as_the_client_wrote_it() -> None:
    body = (
        b"Action=DescribeInstanceTypes&Version=2016-11-15&MaxResults=7"
        b"&Filter.1.Name=instance-type&Filter.1.Value.1=m5.%2A&Filter.1.Value.2=t3.%2A"
    )
    wanted = {"MaxResults": 7, "Filters": [{"Name": "instance-type", "Values": ["m5.*", "t3.*"]}]}
    assert query.parse(body) == ("DescribeInstanceTypes", wanted, [])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("Colour=red", "Unknown parameter 'Colour'"),
        ("MaxResults=many", "must be a number"),
        ("MaxResults=1", "5"),
    ],
)
def test_a_query_that_ec2_would_refuse_is_refused(more: str, told: str) -> None:
    status, _, body = asked({}, f"Action=DescribeInstanceTypes&Version=2016-11-15&{more}".encode())
    assert status == 400
    assert told in body.decode()
