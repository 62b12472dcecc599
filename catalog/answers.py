"""JSON Schema of the answers that are the same for every model."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
OPTIONAL_TEXT: Schema = {"type": ["string", "null"]}
INDEX: Schema = {"type": "integer", "minimum": 0, "description": "Place in the batch, from 0"}
EXECUTION_ID = "failure.3f9a0c1d2e4b"
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
    kind={"type": "string", "enum": ["endpoint", "function", "declared"]},
    status={"type": "string", "enum": STATUSES},
    version={
        **OPTIONAL_TEXT,
        "description": "`model_version` of its answers; null before the first promotion",
        "examples": ["iops-risk/3"],
    },
    champion={**OPTIONAL_TEXT, "description": "The package that serves; null for a model without training"},
    candidate={
        **_object(version=TEXT, percent={"type": "number"}),
        "type": ["object", "null"],
        "description": "The package that a promotion gives a share of the traffic",
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
STATUS = _object(
    **MODEL["properties"],
    running={**OPTIONAL_TEXT, "description": "The training execution that runs", "examples": [EXECUTION_ID]},
)
STATUS_LIST = _object(models=_list(STATUS), request_id=TEXT)

HEALTH = _object(
    status={"type": "string", "enum": ["ok", "degraded"]},
    models={"type": "object", "additionalProperties": {"type": "string", "enum": STATUSES}},
    uptime_seconds={"type": ["number", "null"], "description": "Since the first prediction ever counted"},
    request_id=TEXT,
)

STARTED = _object(
    model=TEXT,
    execution_id={**OPTIONAL_TEXT, "examples": [EXECUTION_ID]},
    status={"type": "string", "enum": ["started", "running", "failed"]},
    profile={**OPTIONAL_TEXT, "description": "The data it is trained on; null where nobody can tell"},
)
STARTED["properties"]["error"] = {**TEXT, "description": "Why it could not be started"}
TRAININGS = _object(executions=_list(STARTED), request_id=TEXT)

RESULT = _object(
    package={**OPTIONAL_TEXT, "examples": ["failure/3"]},
    status={**OPTIONAL_TEXT, "enum": ["Approved", "PendingManualApproval", "Rejected", None]},
    reasons={**_list(TEXT), "type": ["array", "null"], "description": "Why it was rejected"},
    run=OPTIONAL_TEXT,
    training_job=OPTIONAL_TEXT,
)
TRAINING = _object(
    execution_id={**TEXT, "examples": [EXECUTION_ID]},
    model=TEXT,
    status={"type": "string", "enum": ["running", "succeeded", "failed", "timed_out", "aborted"]},
    started_at=OPTIONAL_TEXT,
    ended_at=OPTIONAL_TEXT,
    request_id=TEXT,
)
TRAINING["properties"] |= {"result": RESULT, "error": TEXT}

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
    "StatusList": STATUS_LIST,
    "Health": HEALTH,
    "Trainings": TRAININGS,
    "Training": TRAINING,
    "Ingested": INGESTED,
}
