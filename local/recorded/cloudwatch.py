"""CloudWatch's metrics of EC2, and the quotas, both JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from local.recorded import paging

ANSWERS = Path(__file__).parent / "answers"
NAMESPACE, DAY_S = "AWS/EC2", 86_400
Params = Mapping[str, Any]


def mine(action: str, params: Params) -> bool:
    """Whether the request is about EC2's metrics alone: what the platform itself tells is the emulator's."""
    if action == "ListMetrics":
        return bool(params.get("Namespace") == NAMESPACE)
    asked = [each.get("MetricStat", {}).get("Metric", {}) for each in params.get("MetricDataQueries", [])]
    return bool(asked) and all(each.get("Namespace") == NAMESPACE for each in asked)


def list_metrics(params: Params) -> dict[str, Any]:
    wanted = {each["Name"] for each in params.get("Dimensions", [])}
    found = [
        metric
        for metric in recorded("ListMetrics")["Metrics"]
        if params.get("MetricName") in (None, metric["MetricName"])
        and wanted <= {each["Name"] for each in metric["Dimensions"]}
    ]
    some, token = paging.page(found, params.get("NextToken"), None, "InvalidParameterValue")
    return {"Metrics": list(some), **({"NextToken": token} if token else {})}


def get_metric_data(params: Params) -> dict[str, Any]:
    """A recorded day's values on each day that is asked for."""
    points = list(_points(params))
    most = min(int(params.get("MaxDatapoints") or 100_800), paging.MOST * 20)
    start = int(params.get("NextToken") or 0)
    results = [
        {"Id": query["Id"], "Label": _label(query), "Timestamps": [], "Values": [], "StatusCode": "Complete"}
        for query in params["MetricDataQueries"]
    ]
    for number, at, value in points[start : start + most]:
        results[number]["Timestamps"].append(at)
        results[number]["Values"].append(value)
    left = start + most < len(points)
    return {
        "MetricDataResults": results,
        "Messages": [],
        **({"NextToken": str(start + most)} if left else {}),
    }


def quotas(params: Params) -> dict[str, Any]:
    found: Sequence[Any] = [
        each
        for each in recorded("ListServiceQuotas")["Quotas"]
        if each["ServiceCode"] == params["ServiceCode"]
    ]
    bad = "InvalidPaginationTokenException"
    some, token = paging.page(found, params.get("NextToken"), min(params.get("MaxResults") or 5, 5), bad)
    return {"Quotas": list(some), **({"NextToken": token} if token else {})}


def _points(params: Params) -> Iterator[tuple[int, int, float]]:
    """(number of the query, when, value) of every period, from the start to just before the end."""
    told = {each["Label"]: each["Values"] for each in recorded("GetMetricData")["MetricDataResults"]}
    for number, query in enumerate(params["MetricDataQueries"]):
        period, values = query["MetricStat"]["Period"], told[_label(query)]
        at = -(-int(params["StartTime"]) // period) * period
        while at < int(params["EndTime"]):
            yield number, at, values[at % DAY_S * len(values) // DAY_S]
            at += period


def _label(query: Mapping[str, Any]) -> str:
    return f"{query['MetricStat']['Metric']['MetricName']} {query['MetricStat']['Stat']}"


@cache
def recorded(name: str) -> Any:
    return json.loads((ANSWERS / f"{name}.json").read_text())
