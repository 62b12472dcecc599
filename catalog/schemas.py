"""JSON Schema (2020-12) of the records that the API takes, derived from the contracts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog import examples
from catalog.contract import MAX_RECORDS, Feature, Key, RecordSchema, Target, Text

Schema = dict[str, Any]
REMEMBERED = (
    "Derived where left out: from the record itself, and from the entity's earlier records, which the "
    "platform remembers."
)
DERIVED = (
    "Derived where left out: from the record itself, or from earlier records of the same volume in "
    "the same request. A record sent alone has its history features missing."
)


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def pascal(name: str) -> str:
    """`iops-risk` and `iops_risk` alike to `IopsRisk`."""
    return "".join(part.capitalize() for part in name.replace("_", "-").split("-"))


def record(
    schema: RecordSchema, labels: Sequence[Target] = (), texts: Mapping[str, Schema] | None = None
) -> Schema:
    """One flat record; `labels` are the truths it may carry, `texts` what other models read of it."""
    measured = _measured(schema)
    properties = {
        **{key.name: _key(key) for key in schema.keys},
        **measured,
        **{label.name: _label(label) for label in labels},
        **(texts or {}),
    }
    return {
        "title": schema.title,
        **closed(properties, schema.required),
        **_some(measured, schema.required),
        "examples": [examples.flat(schema)],
    }


def grouped(schema: RecordSchema, texts: Mapping[str, Schema] | None = None) -> Schema:
    """One record whose measurements lie in the object that the schema names."""
    measured = _measured(schema)
    needed = [name for name in schema.required if name in measured]
    group = {**closed(measured, needed), "minProperties": 1}
    keys = {key.name: _key(key) for key in schema.keys}
    return {
        "title": schema.title,
        **closed({**keys, schema.group: group, **(texts or {})}, [*_required(schema.keys), schema.group]),
        "examples": [examples.one(schema)],
    }


def series(schema: RecordSchema, most: int) -> Schema:
    """Readings of one entity, each with its own time."""
    measured, own = _measured(schema), [key for key in schema.keys if key.name == schema.time]
    keys = {key.name: _key(key) for key in schema.keys if key not in own}
    needed = [name for name in schema.required if name in measured]
    reading = {
        **closed({**{key.name: _key(key) for key in own}, **measured}, [*_required(own), *needed]),
        **_some(measured, needed),
    }
    points = {"type": "array", "items": reading, "minItems": 1, "maxItems": most}
    return {
        "title": f"{schema.title}, several",
        **closed({**keys, schema.series: points}, [*keys, schema.series]),
    }


def number(feature: Feature) -> Schema:
    """A number that stands outside of records."""
    return _feature(feature, remembered=False)


def text(field: Text, description: str) -> Schema:
    return {
        "type": ["string", "null"],
        "description": description,
        "maxLength": field.longest,
        "examples": [field.example],
    }


def batch(item: Schema) -> Schema:
    """`{"records": [...]}` of 1 to MAX_RECORDS."""
    records = {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_RECORDS}
    return whole({"records": records})


def whole(properties: Schema) -> Schema:
    """An object in which every property is required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def closed(properties: Schema, required: Iterable[str]) -> Schema:
    """An object that holds nothing else."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _measured(schema: RecordSchema) -> Schema:
    numbers = {each.name: _feature(each, remembered=schema.history is not None) for each in schema.given}
    return {**numbers, **{each.name: text(each, each.description) for each in schema.texts}}


def _some(measured: Schema, required: Iterable[str]) -> Schema:
    """At least one measurement, where none is required by name."""
    if set(measured) & set(required):
        return {}
    return {"anyOf": [{"required": [name]} for name in measured]}


def _required(keys: Iterable[Key]) -> list[str]:
    return [key.name for key in keys if key.missing == "refuse"]


def _key(key: Key) -> Schema:
    kind: Any = "string" if key.missing == "refuse" else ["string", "null"]
    schema: Schema = {"type": kind, "description": key.description, "examples": [key.example]}
    if key.kind == "timestamp":
        return {**schema, "format": "date-time"}
    return {**schema, "pattern": f"^(?:{key.pattern})$"}


def _feature(feature: Feature, *, remembered: bool) -> Schema:
    if feature.categories:
        return {
            "type": "string",
            "enum": list(feature.categories),
            "description": feature.description,
            "examples": [feature.example],
        }
    if feature.names:
        kind: Any = "string" if feature.missing == "refuse" else ["string", "null"]
        return {
            "type": kind,
            "pattern": f"^(?:{feature.names})$",
            "description": f"{feature.description}. {_absent(feature, remembered)}",
            "examples": [feature.example],
        }
    number = "integer" if feature.integer else "number"
    schema: Schema = {
        "type": number if feature.missing == "refuse" else [number, "null"],
        "description": f"{feature.description} ({feature.unit}). {_absent(feature, remembered)}",
        "minimum": feature.minimum,
        "examples": [feature.example],
        "x-unit": feature.unit,
    }
    if feature.maximum is not None:
        schema["maximum"] = feature.maximum
    if feature.missing == "default":
        schema["default"] = feature.default
    return schema


def _absent(feature: Feature, remembered: bool) -> str:
    if feature.missing == "refuse":
        return "Required."
    if feature.missing == "derive":
        return REMEMBERED if remembered else DERIVED
    if feature.missing == "default":
        return f"{feature.default:g} where it is left out, and then listed as imputed."
    return "May be left out; the model deals with its absence."


def _label(label: Target) -> Schema:
    described = f"{label.description}. The truth, where it is known."
    if label.classes:
        return {"type": ["string", "null"], "enum": [*label.classes, None], "description": described}
    return {
        "type": ["number", "null"],
        "description": described,
        "minimum": label.minimum,
        "maximum": label.maximum,
    }
