"""What the OpenAPI document's operations are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.contract import MAX_RECORDS
from catalog.schemas import ref

Json = dict[str, Any]
PROBLEMS = {
    "400": "Something in the request is not valid; `errors` names every wrong field",
    "404": "No such route, model or execution",
    "413": f"More than {MAX_RECORDS} records, more points than a series may hold, or a body over 1 MB",
    "415": "The body is not JSON",
    "422": "The request is valid and cannot be met; `errors` names the limits to loosen, and how far",
    "429": "Too many requests; slow down",
    "500": "Unforeseen error",
    "503": "Cannot be answered yet; `Retry-After` says when to try again",
}
COMMON = tuple(status for status in PROBLEMS if status != "422")


def read(operation: str, summary: str, answer: Mapping[str, Any]) -> Json:
    """A GET without parameters; `answer` is its response."""
    responses = {"200": {"description": summary, **answer}, **problems("429", "500")}
    return {"operationId": operation, "summary": summary, "responses": responses}


def body(schema: Json, examples: Mapping[str, Any]) -> Json:
    shown = {name: {"value": value} for name, value in examples.items()}
    return {"required": True, "content": {"application/json": {"schema": schema, "examples": shown}}}


def json_answer(description: str, schema: Json) -> Json:
    return {"description": description, **as_json(schema)}


def as_json(schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}}


def problems(*statuses: str) -> Json:
    """All that any request may meet where none is named."""
    return {status: {"$ref": f"#/components/responses/Problem{status}"} for status in statuses or COMMON}


def problem(status: str) -> Json:
    """The shared response of that status."""
    answer: Json = {
        "description": PROBLEMS[status],
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
    if status == "503":
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    return answer
