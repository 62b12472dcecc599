"""Requests that work as they stand, made of the fields' own examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from catalog.contract import Optimizer, RecordSchema, parse_time

Json = dict[str, Any]
POINTS = 3


def flat(schema: RecordSchema) -> Json:
    """Every field."""
    keys = {key.name: key.example for key in schema.keys}
    features = {feature.name: feature.example for feature in schema.given}
    return {**keys, **features, **{text.name: text.example for text in schema.texts}}


def one(schema: RecordSchema) -> Json:
    """What a caller has at hand: without the time of arrival, and without what can be derived."""
    keys = {key.name: key.example for key in schema.keys if key.missing == "refuse"}
    measured = _measured(schema)
    return {**keys, **({schema.group: measured} if schema.group else measured)}


def request(schema: RecordSchema) -> Json:
    """A record with its time, whose other keys are left to the API."""
    keys = {key.name: key.example for key in schema.keys if key.missing != "request"}
    return {**keys, **_measured(schema)}


def several(schema: RecordSchema) -> Json:
    """A series of points an hour apart."""
    keys = {key.name: key.example for key in schema.keys if key.name != schema.time}
    last = parse_time(next(key.example for key in schema.keys if key.name == schema.time))
    assert last  # noqa: S101 - specs are checked for it
    times = [last - timedelta(hours=back) for back in range(POINTS - 1, -1, -1)]
    return {**keys, schema.series: [{schema.time: each.isoformat(), **_measured(schema)} for each in times]}


def optimization(schema: RecordSchema, optimizer: Optimizer) -> Json:
    """An option in each of some groups, the later ones dearer, and every limit."""
    groups, told = optimizer.example_groups, optimizer.distances
    options = [
        {**flat(schema), optimizer.group: group, optimizer.cost: _dearer(schema, optimizer.cost, place)}
        for place, group in enumerate(groups)
    ]
    body: Json = {
        optimizer.options: options,
        optimizer.requirement: {limit.name: limit.feature.example for limit in optimizer.limits},
    }
    if told:
        ends = [(one, other) for place, one in enumerate(groups) for other in groups[place + 1 :]]
        each = {told.feature.name: told.feature.example}
        body[told.field] = [{**dict(zip(told.ends, pair, strict=True)), **each} for pair in ends]
    return body


def unestimated(schema: RecordSchema, optimizer: Optimizer) -> Json:
    """The same without the feature that another model tells, and without bounds on what it will tell."""
    body = optimization(schema, optimizer)
    left_out = optimizer.estimate.feature if optimizer.estimate else ""
    options = [{k: v for k, v in option.items() if k != left_out} for option in body[optimizer.options]]
    bounds = {limit.name for limit in optimizer.of("mean") if limit.column == left_out}
    asked = {k: v for k, v in body[optimizer.requirement].items() if k not in bounds}
    return {**body, optimizer.options: options, optimizer.requirement: asked}


def _dearer(schema: RecordSchema, name: str, place: int) -> float:
    example = next(feature.example for feature in schema.given if feature.name == name)
    return round(float(example) * (1 + place / 10), 4)


def _measured(schema: RecordSchema) -> Mapping[str, Any]:
    features = {each.name: each.example for each in schema.given if each.missing != "derive"}
    return {**features, **{each.name: each.example for each in schema.texts}}
