"""Requests in every form that a model takes."""

from typing import Any

from catalog.contract import Contract, RecordSchema
from catalog.spec import InFunction, ModelSpec

Json = dict[str, Any]


def forms(spec: ModelSpec, flat: Json) -> list[Json]:
    """The request bodies that say the same as the flat record."""
    schema = spec.contract.record
    found = [flat, {"records": [flat]}]
    if not isinstance(spec.serving, InFunction):
        return found
    if schema.group:
        found.append(grouped(schema, flat))
    if schema.series:
        keys = set(schema.key_names) - {schema.time}
        outer = {name: value for name, value in flat.items() if name in keys}
        found.append({**outer, schema.series: [{k: v for k, v in flat.items() if k not in keys}]})
    return found


def grouped(schema: RecordSchema, flat: Json) -> Json:
    keys = {name: value for name, value in flat.items() if name in schema.key_names}
    return {**keys, schema.group: {name: value for name, value in flat.items() if name not in keys}}


def flattened(contract: Contract, body: Json) -> list[Json]:
    """The flat records of a request, without the texts that other models read."""
    schema = contract.record
    if schema.series and schema.series in body:
        outer = {name: value for name, value in body.items() if name != schema.series}
        return [{**outer, **point} for point in body[schema.series]]
    found = [dict(each) for each in body.get("records", [body])]
    texts = {reading.text for reading in contract.readings}
    ungrouped = [{**each.pop(schema.group, {}), **each} if schema.group else each for each in found]
    return [{name: value for name, value in each.items() if name not in texts} for each in ungrouped]
