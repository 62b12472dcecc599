"""JSON Schema of the answers that are the same for every model."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
OPTIONAL_TEXT: Schema = {"type": ["string", "null"]}
INDEX: Schema = {"type": "integer", "minimum": 0, "description": "Place in the batch, from 0"}
STATUSES = ["no_model", "ready", "updating", "failed", "missing", "unknown"]


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


FIELD_ERROR = _object(field={**TEXT, "examples": ["records[3].p99_latency"]}, detail=TEXT)

PROBLEM: Schema = {
    "title": "Problem (RFC 9457)",
    "type": "object",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "request_id": TEXT,
        "errors": {**_list(FIELD_ERROR), "description": "Every wrong field at once, up to 1000"},
    },
    "required": ["type", "title", "status", "detail", "request_id"],
}

CONTRIBUTION = _object(
    feature=TEXT,
    value={"type": ["number", "null"]},
    contribution={"type": "number", "description": "How far the value moved the prediction"},
)

MODEL = _object(
    model=TEXT,
    title=TEXT,
    route=TEXT,
    status={"type": "string", "enum": STATUSES},
    champion={
        **OPTIONAL_TEXT,
        "description": "The package that serves, as `model_version` in its answers; null before the first",
        "examples": ["iops-risk/3"],
    },
    metrics={"type": "object", "description": "On the test split, by name"},
    training={"type": "object", "description": "What the model was trained on, by name"},
    approval=OPTIONAL_TEXT,
    updated_at={
        **OPTIONAL_TEXT,
        "description": "When the registry's entry of the package last changed, by its approval or an edit",
    },
    promoted_at={**OPTIONAL_TEXT, "description": "When the package became the champion"},
)
MODEL_LIST = _object(models=_list(MODEL), request_id=TEXT)

HEALTH = _object(
    status={"type": "string", "enum": ["ok", "degraded"]},
    models={"type": "object", "additionalProperties": {"type": "string", "enum": STATUSES}},
    request_id=TEXT,
)

INGESTED = _object(
    accepted={"type": "integer", "minimum": 0, "description": "Records stored"},
    rejected=_list(_object(index=INDEX, errors=_list(FIELD_ERROR))),
    failed={
        **_list(_object(index=INDEX, detail=TEXT)),
        "description": "Good records that wait in the dead-letter queue; they need not be sent again",
    },
    superseded={
        **_list(_object(index=INDEX, by=INDEX)),
        "description": "Records with the same keys as a later one, which is stored in their place",
    },
    request_id=TEXT,
)

SHARED = {
    "Problem": PROBLEM,
    "Contribution": CONTRIBUTION,
    "ModelList": MODEL_LIST,
    "Health": HEALTH,
    "Ingested": INGESTED,
}
