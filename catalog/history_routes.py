"""What happened to a model, in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.answers import EXECUTION_ID, OPTIONAL_TEXT, TEXT
from catalog.operations import json_answer, problems
from catalog.schemas import closed, ref
from catalog.spec import ModelSpec

Json = dict[str, Any]
PATH = "/api/models/{model}/history"
MOST = 100
TIME: Json = {"type": "string", "format": "date-time", "examples": ["2026-03-01T12:00:00.000000Z"]}
RUNS = ["running", "succeeded", "failed", "timed_out", "aborted"]
RUN: Json = {
    "status": {"type": "string", "enum": RUNS},
    "started_at": OPTIONAL_TEXT,
    "ended_at": OPTIONAL_TEXT,
}
PACKAGE: Json = {**OPTIONAL_TEXT, "examples": ["iops-risk/3"]}


def operation(models: Sequence[ModelSpec]) -> Json:
    names = [name for spec in models for name in (spec.name, *spec.aliases)]
    return {
        "operationId": "tellHistory",
        "summary": "What happened to a model, the newest first",
        "parameters": [
            _parameter("model", "path", {"type": "string", "enum": names}, "Its name or alias"),
            _parameter(
                "limit",
                "query",
                {"type": "integer", "minimum": 1, "maximum": MOST, "default": 20},
                "Entries at most; where much happened to other models, a page may hold fewer",
            ),
            _parameter("before", "query", TIME, "Only what is older: `next` of the page before"),
        ],
        "responses": {
            "200": json_answer("A page of entries", ref("History")),
            **problems("400", "404", "429", "500"),
        },
    }


def _parameter(name: str, place: str, schema: Json, about: str) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": about}


def _entry(kind: str, about: str, required: Json, optional: Json | None = None) -> Json:
    """Where the detail could not be read, it is empty and `incomplete` names the kind."""
    detail = {"anyOf": [closed({**required, **(optional or {})}, list(required)), closed({}, [])]}
    return {**_whole(at=TIME, kind={"const": kind}, detail=detail), "description": about}


def _whole(**properties: Json) -> Json:
    return closed(properties, properties)


TRAINING = _entry(
    "training",
    "A training execution, at its start",
    {
        "execution_id": {**TEXT, "examples": [EXECUTION_ID]},
        **RUN,
        "profile": OPTIONAL_TEXT,
        "trigger": {**OPTIONAL_TEXT, "examples": ["schedule", "drift", "stale", "api"]},
    },
    {
        "result": {"type": "object", "description": "The package, the gate's verdict and its reasons"},
        "error": TEXT,
    },
)
REGISTERED = _entry(
    "package",
    "A model package, at its registration, as it is now",
    {
        "package": PACKAGE,
        "status": {"type": "string", "enum": ["Approved", "PendingManualApproval", "Rejected"]},
        "verdict": {**OPTIONAL_TEXT, "description": "The gate's, with its reasons"},
        "approval": {**OPTIONAL_TEXT, "description": "Why it was approved or rejected later"},
        "changed_at": TIME,
        **dict.fromkeys(
            ("learner", "profile", "run", "data_hash", "data_until", "challenge", "contract_hash"),
            OPTIONAL_TEXT,
        ),
    },
)
CHAMPION = _entry(
    "champion",
    "A change of what serves",
    {
        "action": {
            "type": "string",
            "enum": ["promoted", "taken_back", "rolled_back"],
            "description": "taken_back by a promotion that failed, rolled_back by an approval anew",
        },
        "champion": PACKAGE,
        "previous": PACKAGE,
    },
)
PROMOTION = _entry(
    "promotion",
    "An execution of the promotion state machine, at its start",
    {"execution_id": TEXT, **RUN, "package": PACKAGE, "previous": PACKAGE},
    {"error": TEXT},
)
NOTED = {
    **_whole(at=TIME, kind={"type": "string", "enum": ["drift", "retraining"]}, detail={"type": "object"}),
    "description": "Drift of the live inputs, or a decision to train anew and its reason",
}
HISTORY: Json = {
    "type": "object",
    "properties": {
        "model": TEXT,
        "entries": {"type": "array", "items": {"oneOf": [TRAINING, REGISTERED, CHAMPION, PROMOTION, NOTED]}},
        "next": {**OPTIONAL_TEXT, "description": "`before` of the next page; null where this is the last"},
        "incomplete": {
            "type": "array",
            "items": TEXT,
            "description": "What could not be read: training, promotion, package, champion or noted",
        },
        "request_id": TEXT,
    },
    "required": ["model", "entries", "next", "incomplete", "request_id"],
}
