"""What sources make of the services' own wire shapes, over real clients and recorded answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from catalog.dataset import Dataset
from catalog.datasets import DATASETS
from collect.asking import Ask, Page
from collect.parts import Columns, Row
from collect.refusals import StaleToken, meaning
from local.recorded.service import Recorded
from local.sagemaker.errors import ServiceError
from stacks.collecting import CollectionSettings

OF_ALL = pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
REGION = "us-east-1"
OPTIONS: dict[str, Any] = {
    "families": ["t3", "m5"],
    "products": ["Linux/UNIX"],
    "score_families": ["m5", "c5", "r5"],
    "score_vcpus": 16,
}
START = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=1)
FIRST_CALLS = {
    "spot_price": "DescribeSpotPriceHistory",
    "spot_placement_score": "GetSpotPlacementScores",
    "instance_type": "DescribeInstanceTypes",
    "service_quota": "ListServiceQuotas",
    "instance_utilisation": "ListMetrics",
}


class Raw:
    """A response's body as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def answering(recorded: Recorded) -> Callable[..., AWSResponse]:
    """Takes requests in the network's place."""

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        found = recorded.respond(headers, body)
        assert found, "not recorded"
        status, answered, content = found
        return AWSResponse(request.url, status, answered, Raw(content))

    return send


def clients(recorded: Recorded, attempts: int = 1) -> Callable[[str], Any]:
    """Real clients whose requests reach the recorded answers instead of the network."""

    def client(service: str) -> Any:
        retries: Any = {"total_max_attempts": attempts, "mode": "standard"}
        made: Any = boto3.client(service, region_name=REGION, config=Config(retries=retries))
        made.meta.events.register("before-send.*", answering(recorded))
        return made

    return client


def ask(dataset: Dataset, token: str = "", **changed: Any) -> Ask:
    end = START + timedelta(seconds=dataset.window_s)
    return Ask(REGION, START, end, token, {**OPTIONS, **changed})


def pages(dataset: Dataset, **changed: Any) -> Iterator[Page]:
    source, made, token = import_module(f"collect.sources.{dataset.name}"), clients(Recorded()), ""
    for _ in itertools.repeat(None, 500):
        page = source.read(made, ask(dataset, token, **changed))
        yield page
        token = page.token
        if not token:
            return
    raise AssertionError("it does not end")


def rows(name: str, **changed: Any) -> list[Row]:
    (dataset,) = [each for each in DATASETS if each.name == name]
    return [row for page in pages(dataset, **changed) for row in page.rows]


@OF_ALL
def test_every_row_fits_the_declared_columns(dataset: Dataset) -> None:
    columns = Columns.of([(each.name, each.kind, each.required) for each in dataset.columns])
    found = [row for page in pages(dataset) for row in page.rows]
    assert found
    _, misfits = columns.batch(found)
    assert misfits == []
    assert {name for row in found for name in row} == {column.name for column in dataset.columns}


@OF_ALL
def test_several_pages_are_read_to_the_end(dataset: Dataset) -> None:
    found = list(pages(dataset, families=[]))
    assert len(found) > 1 or dataset.name == "instance_type"
    every = [
        tuple(sorted((name, str(value)) for name, value in row.items())) for p in found for row in p.rows
    ]
    assert len(set(every)) == len(every)


@OF_ALL
def test_a_token_that_is_none_is_told_as_such(dataset: Dataset) -> None:
    source = import_module(f"collect.sources.{dataset.name}")
    token = {"spot_placement_score": '[0, "b2xk"]', "instance_utilisation": '[0, "b2xk", ""]'}.get(
        dataset.name, "b2xk"
    )
    with pytest.raises(ClientError) as caught:
        source.read(clients(Recorded()), ask(dataset, token))
    assert isinstance(meaning(caught.value, token), StaleToken)


@OF_ALL
def test_a_throttled_call_is_sent_again_by_the_client(dataset: Dataset) -> None:
    action = FIRST_CALLS[dataset.name]
    recorded = Recorded({action: [ServiceError("RequestLimitExceeded", "slow down", 503)]})
    source = import_module(f"collect.sources.{dataset.name}")
    assert source.read(clients(recorded, attempts=2), ask(dataset)).rows is not None
    assert recorded.faults == {action: []}


def test_prices_lie_in_their_window_or_are_carried_into_it() -> None:
    found = rows("spot_price")
    end = START + timedelta(hours=6)
    markets = {(row["zone"], row["instance_type"], row["product"]) for row in found}
    carried = [row for row in found if row["carried"]]
    assert len(carried) == len(markets)
    assert all(row["changed_at"] < START for row in carried)
    assert all(START <= row["changed_at"] < end for row in found if not row["carried"])
    assert {row["instance_type"].partition(".")[0] for row in found} == {"t3", "m5"}
    assert 0 < min(row["price"] for row in found) < 1


def test_scores_are_asked_of_each_family_in_turn() -> None:
    found = rows("spot_placement_score")
    assert [row["family"] for row in found] == [name for name in ("m5", "c5", "r5") for _ in range(3)]
    assert all(1 <= row["score"] <= 10 for row in found)
    with pytest.raises(ClientError, match="Nothing is recorded"):
        rows("spot_placement_score", score_families=["x9"])


def test_facts_of_a_type() -> None:
    found = {row["instance_type"]: row for row in rows("instance_type")}
    large = found["m5.large"]
    assert (large["vcpu"], large["memory_mib"], large["burstable"], large["spot"]) == (2, 8192, False, True)
    assert found["t3.large"]["burstable"]
    assert large["network_baseline_gbps"] > 0


def test_utilisation_is_read_by_type_and_group_every_five_minutes() -> None:
    found = rows("instance_utilisation")
    assert {row["dimension"] for row in found} == {"InstanceType", "AutoScalingGroupName"}
    credits = {row["name"] for row in found if row["metric"] == "CPUCreditBalance"}
    assert credits == {"t3.large", "t3.xlarge", "web"}
    one = [
        row["at"]
        for row in found
        if (row["metric"], row["statistic"], row["name"]) == ("CPUUtilization", "Maximum", "m5.large")
    ]
    assert one == [START + timedelta(minutes=5 * step) for step in range(72)]
    assert "c5.large" not in {row["name"] for row in found}


class Unordered:
    """A cloudwatch client that lists in another order each time, and answers data in two pages."""

    def __init__(self) -> None:
        self.listed = 0
        self.asked: dict[str, str] = {}

    def list_metrics(self, **request: Any) -> dict[str, Any]:
        self.listed += 1
        dimension = request["Dimensions"][0]["Name"]
        names = ["m5.large", "m5.xlarge", "m5.2xlarge"][:: 1 if self.listed % 2 else -1]
        return {"Metrics": [{"Dimensions": [{"Name": dimension, "Value": name}]} for name in names]}

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        if "NextToken" not in request:
            self.asked = {
                each["Id"]: each["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
                for each in request["MetricDataQueries"]
            }
        results = [
            {"Id": each, "Timestamps": [START], "Values": [float(len(name))]}
            for each, name in self.asked.items()
        ]
        return {"MetricDataResults": results, **({} if "NextToken" in request else {"NextToken": "more"})}


def test_values_belong_to_their_names_however_metrics_are_listed() -> None:
    (dataset,) = [each for each in DATASETS if each.name == "instance_utilisation"]
    source, made, token = import_module("collect.sources.instance_utilisation"), Unordered(), ""
    found: list[Row] = []
    while token or not found:
        page = source.read(lambda _: made, ask(dataset, token))
        token = page.token
        found += page.rows
    assert len(found) == 3 * 2 * len(source.LISTINGS)
    assert all(row["value"] == len(row["name"]) for row in found)


def test_a_page_of_metrics_and_their_window_fit_one_answer() -> None:
    (dataset,) = [each for each in DATASETS if each.name == "instance_utilisation"]
    source = import_module("collect.sources.instance_utilisation")
    assert 500 * dataset.window_s // source.PERIOD_S <= source.MOST_POINTS <= 100_800


def test_requests_are_checked_as_the_services_check_them() -> None:
    ec2 = clients(Recorded())("ec2")
    with pytest.raises(ClientError, match="less than or equal to 100"):
        ec2.describe_instance_types(MaxResults=101)
    with pytest.raises(ClientError, match="at least three"):
        ec2.get_spot_placement_scores(InstanceTypes=["m5.large"], TargetCapacity=1)


def test_environments_name_every_option_that_is_asked_for() -> None:
    assert set(CollectionSettings().options()) == {*OPTIONS, "look_back_days"}
