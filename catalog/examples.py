"""Requests that work as they stand, made of the fields' own examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from catalog.contract import RecordSchema, parse_time

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


def _measured(schema: RecordSchema) -> Mapping[str, Any]:
    features = {each.name: each.example for each in schema.given if each.missing != "derive"}
    return {**features, **{each.name: each.example for each in schema.texts}}
