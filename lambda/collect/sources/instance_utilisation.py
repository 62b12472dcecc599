"""ListMetrics, and GetMetricData of what it lists: a page is one answer of the latter.

The token tells which listing, the token that its page came by, and the token of the data of that page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from collect.asking import Ask, Clients, Page
from collect.parts import Row

NAMESPACE, PERIOD_S = "AWS/EC2", 300
METRICS = ("CPUUtilization", "CPUCreditBalance", "NetworkIn", "NetworkOut")
DIMENSIONS = ("InstanceType", "AutoScalingGroupName")
STATISTICS = ("Average", "Maximum")
LISTINGS = tuple(product(METRICS, DIMENSIONS, STATISTICS))
MOST_POINTS = 40_000
"""A page of 500 metrics has 36,000 in six hours: one answer holds them, and each call is paid by metric."""


def read(clients: Clients, ask: Ask) -> Page:
    number, listed_by, data_token = json.loads(ask.token) if ask.token else (0, "", "")
    metric, dimension, statistic = LISTINGS[number]
    cloudwatch = clients("cloudwatch")
    listed = cloudwatch.list_metrics(
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=[{"Name": dimension}],
        **({"NextToken": listed_by} if listed_by else {}),
    )
    # listed anew for each page of data: neither their order nor that they are the same is promised
    names = {_id(name): name for name in _names(listed["Metrics"], dimension, ask.options["families"])}
    data: Mapping[str, Any] = {"MetricDataResults": []}
    if names:
        data = cloudwatch.get_metric_data(
            MetricDataQueries=_queries(names, metric, dimension, statistic),
            StartTime=ask.start,
            EndTime=ask.end,
            ScanBy="TimestampAscending",
            MaxDatapoints=MOST_POINTS,
            **({"NextToken": data_token} if data_token else {}),
        )
    told = {"region": ask.region, "metric": metric, "statistic": statistic, "dimension": dimension}
    rows = [{**told, **row} for row in _rows(data["MetricDataResults"], names)]
    return Page(rows, _following(number, listed_by, data.get("NextToken"), listed.get("NextToken")))


def _names(metrics: Sequence[Mapping[str, Any]], dimension: str, families: Sequence[str]) -> Iterator[str]:
    """What is told by this dimension alone."""
    for metric in metrics:
        if len(metric["Dimensions"]) == 1:
            name = str(metric["Dimensions"][0]["Value"])
            if dimension != "InstanceType" or not families or name.partition(".")[0] in families:
                yield name


def _id(name: str) -> str:
    """Of a query: a letter, then letters and digits."""
    return f"m{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _queries(names: Mapping[str, str], metric: str, dimension: str, statistic: str) -> list[dict[str, Any]]:
    return [
        {
            "Id": each,
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": metric,
                    "Dimensions": [{"Name": dimension, "Value": name}],
                },
                "Period": PERIOD_S,
                "Stat": statistic,
            },
            "ReturnData": True,
        }
        for each, name in sorted(names.items())
    ]


def _rows(results: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[Row]:
    for result in results:
        name = names[result["Id"]]
        for at, value in zip(result["Timestamps"], result["Values"], strict=True):
            yield {"name": name, "at": at, "period_s": PERIOD_S, "value": value}


def _following(number: int, listed_by: str, data_token: str | None, next_list: str | None) -> str:
    """Data that is left, or the next page of the listing, or the next listing."""
    if data_token:
        return json.dumps((number, listed_by, data_token))
    if next_list:
        return json.dumps((number, next_list, ""))
    return json.dumps((number + 1, "", "")) if number + 1 < len(LISTINGS) else ""
