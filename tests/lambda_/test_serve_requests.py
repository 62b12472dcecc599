"""Requests: every form that is taken, and every wrong field named at once at its place."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.contract import MAX_POINTS, MAX_RECORDS
from serve.request import Reader
from shared.problems import BadRequest, TooLarge
from tests.lambda_.serving import SPECS

TIME = "2026-03-01T00:00:00+00:00"


def reader(model: str) -> Reader:
    contract = SPECS[model].contract
    return Reader(contract, {each.model: SPECS[each.model].contract for each in contract.readings})


def wrong(model: str, body: Any) -> list[str]:
    with pytest.raises(BadRequest) as refused:
        reader(model).read(body)
    return [problem.field for problem in refused.value.errors]


def test_measurements_may_lie_in_the_group_or_beside_it() -> None:
    flat = {"resource_id": "r", "timestamp": TIME, "cpu_usage": 5}
    grouped = {"resource_id": "r", "timestamp": TIME, "metrics": {"cpu_usage": 5}}
    (one,), (other,) = (reader("failure").read(each).sent for each in (flat, grouped))
    assert one == other
    assert one.record == flat


def test_a_series_gives_its_entity_to_each_point() -> None:
    points = [{"timestamp": f"2026-03-01T00:0{n}:00+00:00", "value": n} for n in range(3)]
    request = reader("anomaly").read({"series_id": "s", "points": points})
    assert request.kind == "series"
    assert [(each.record["series_id"], each.record["value"]) for each in request.sent] == [
        ("s", 0),
        ("s", 1),
        ("s", 2),
    ]


@pytest.mark.parametrize(
    ("model", "body", "places"),
    [
        ("failure", {"metrics": {"cpu_usage": 101}}, ["metrics.cpu_usage", "resource_id"]),
        ("failure", {"resource_id": "r", "cpu_usage": 101}, ["cpu_usage"]),
        ("failure", {"resource_id": "r", "metrics": 5}, ["metrics"]),
        ("failure", {"resource_id": "r", "metrics": {}}, ["metrics"]),
        ("failure", {"resource_id": "r"}, ["metrics"]),
        ("failure", {"resource_id": "r", "metrics": {"colour": 1}}, ["metrics.colour", "metrics"]),
        ("failure", {"resource_id": "r", "cpu_usage": 1, "metrics": {"cpu_usage": 1}}, ["metrics.cpu_usage"]),
        (
            "failure",
            {"metrics": {"resource_id": "r", "cpu_usage": 1}},
            ["metrics.resource_id", "resource_id"],
        ),
        (
            "failure",
            {"records": [{"resource_id": "r", "metrics": {"cpu_usage": "x"}}, 5]},
            ["records[0].metrics.cpu_usage", "records[1]"],
        ),
        ("threat", {"source_ip": "999", "failed_auth_count": -1}, ["source_ip", "failed_auth_count"]),
        ("threat", {"source_ip": "10.0.0.1", "request_rate": 1, "payload": 5}, ["payload"]),
        (
            "anomaly",
            {"points": [{"value": 1}, {"timestamp": "noon", "value": "x"}, {}, 5], "color": "red"},
            [
                "series_id",
                "color",
                "points[1].timestamp",
                "points[1].value",
                "points[2].value",
                "points[2]",
                "points[3]",
            ],
        ),
        ("anomaly", {"series_id": "s", "points": []}, ["points"]),
        ("anomaly", {"series_id": "s", "points": {}}, ["points"]),
        ("anomaly", {"series_id": "", "points": [{"value": 1}]}, ["series_id"]),
        ("anomaly", {"series_id": "s", "points": [{"series_id": "t", "value": 1}]}, ["points[0].series_id"]),
        ("anomaly", {"series_id": "s", "timestamp": TIME, "points": [{"value": 1}]}, ["timestamp"]),
        ("anomaly", {"series_id": "s"}, ["value", ""]),
    ],
)
def test_every_wrong_field_is_named_at_its_place(model: str, body: Any, places: list[str]) -> None:
    assert wrong(model, body) == places


@pytest.mark.parametrize("body", [None, [], 5, "x"])
def test_what_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(BadRequest):
        reader("failure").read(body)


@pytest.mark.parametrize(
    ("model", "name", "item", "most"),
    [
        ("failure", "records", {"resource_id": "r", "cpu_usage": 1}, MAX_RECORDS),
        ("capacity", "points", {"current_storage_usage": 1}, MAX_RECORDS),
        ("anomaly", "points", {"value": 1}, MAX_POINTS),
    ],
)
def test_more_than_the_most_is_too_large(model: str, name: str, item: Any, most: int) -> None:
    entity = {} if name == "records" else {SPECS[model].contract.record.entity: "e"}
    assert len(reader(model).read({**entity, name: [item] * most}).sent) == most
    with pytest.raises(TooLarge):
        reader(model).read({**entity, name: [item] * (most + 1)})


def test_texts_for_other_models_are_taken_out_of_the_record() -> None:
    (sent,) = reader("threat").read({"source_ip": "10.0.0.1", "request_rate": 9, "payload": "<script>"}).sent
    assert sent.texts == {"payload": "<script>"}
    assert "payload" not in sent.record
