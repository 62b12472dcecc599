"""JSON Schema (2020-12) of what the API takes and answers, derived from the contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.contract import MAX_RECORDS, Contract, Feature, Key, RecordSchema, Target

Schema = dict[str, Any]
ABSENT = {
    "refuse": "Required.",
    "derive": "Derived where left out: from the record itself, or from earlier records of the same volume in "
    "the same request. A record sent alone has its history features missing.",
    "leave": "May be left out; the model deals with its absence.",
    "default": "May be left out; a declared default stands in, and the answer lists it as imputed.",
}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def pascal(name: str) -> str:
    """`iops-risk` and `iops_risk` alike to `IopsRisk`."""
    return "".join(part.capitalize() for part in name.replace("_", "-").split("-"))


def example(schema: RecordSchema) -> dict[str, Any]:
    """A record with the example of every field."""
    keys: dict[str, Any] = {key.name: key.example for key in schema.keys}
    return {**keys, **{feature.name: feature.example for feature in schema.features}}


def record(schema: RecordSchema, labels: Sequence[Target] = ()) -> Schema:
    """One record; `labels` are the truths it may carry, where it may."""
    properties = {
        **{key.name: _key(key) for key in schema.keys},
        **{feature.name: _feature(feature) for feature in schema.features},
        **{label.name: _label(label) for label in labels},
    }
    return {
        "title": schema.title,
        "type": "object",
        "properties": properties,
        "required": list(schema.required),
        "additionalProperties": False,
        "minProperties": len(schema.required) + 1,
        "examples": [example(schema)],
    }


def batch(item: Schema) -> Schema:
    """`{"records": [...]}` of 1 to MAX_RECORDS."""
    records = {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_RECORDS}
    return _object({"records": records})


def prediction(contract: Contract) -> Schema:
    """One prediction; what the fallback rule cannot know is null."""
    target = contract.target
    shared = {"contributions": {"type": "array", "items": ref("Contribution")}}
    if not target.classes:
        described = (
            f"{target.description}, from {target.minimum:g} to {target.maximum:g} {target.unit}".strip()
        )
        return _object({"value": {"type": "number", "description": described}, **shared})
    share = {"type": "number", "minimum": 0, "maximum": 1}
    shares = {**_object(dict.fromkeys(target.classes, share)), "type": ["object", "null"]}
    label = {"type": "string", "enum": list(target.classes), "description": target.description}
    confidence = {**share, "type": ["number", "null"], "description": "Probability of the label"}
    return _object({"label": label, "probabilities": shares, "confidence": confidence, **shared})


def answer(contract: Contract) -> Schema:
    """A prediction route's 200: one prediction to a record, a list to a batch."""
    one = ref(f"{pascal(contract.name)}Prediction")
    properties: Schema = {
        "model": {"const": contract.name},
        "model_version": {
            "type": "string",
            "description": "Model and version of its package; fallback-rule where the rule answered",
            "examples": [f"{contract.name}/3"],
        },
        "degraded": {"type": "boolean", "description": "Whether the fallback rule answered"},
        "request_id": {"type": "string"},
    }
    common = _object(properties)
    common["properties"] = {
        **properties,
        "degraded_reason": {"type": "string", "description": "Why the rule answered, in one word"},
        "prediction": one,
        "predictions": {"type": "array", "items": one, "maxItems": MAX_RECORDS},
    }
    common["oneOf"] = [{"required": ["prediction"]}, {"required": ["predictions"]}]
    return common


def _object(properties: Schema) -> Schema:
    """An object in which every property is required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _key(key: Key) -> Schema:
    schema: Schema = {"type": "string", "description": key.description, "examples": [key.example]}
    if key.kind == "timestamp":
        return {**schema, "format": "date-time"}
    return {**schema, "pattern": f"^{key.pattern}$"}


def _feature(feature: Feature) -> Schema:
    limit = {} if feature.maximum is None else {"maximum": feature.maximum}
    return {
        "type": ["integer" if feature.integer else "number", "null"],
        "description": f"{feature.description} ({feature.unit}). {ABSENT[feature.missing]}",
        "minimum": feature.minimum,
        **limit,
        "examples": [feature.example],
        "x-unit": feature.unit,
    }


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
