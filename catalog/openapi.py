"""The API's OpenAPI 3.1 document, derived from the specs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from catalog import schemas
from catalog.answers import SHARED
from catalog.contract import MAX_RECORDS, Contract, RecordSchema
from catalog.schemas import pascal, ref
from catalog.spec import ModelSpec

Json = dict[str, Any]
PROBLEMS = {
    "400": "Something in the request is not valid; `errors` names every wrong field",
    "404": "No such route",
    "413": f"More than {MAX_RECORDS} records, or a body over 1 MB",
    "415": "The body is not JSON",
    "429": "Too many requests; slow down",
    "500": "Unforeseen error",
    "503": "Cannot be answered yet; `Retry-After` says when to try again",
}
SIGV4 = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
    "description": "AWS Signature Version 4, service execute-api",
}
SERVER = {
    "url": "https://{api}.execute-api.{region}.amazonaws.com/{stage}",
    "variables": {
        "api": {"default": "api-id", "description": "Output ApiId of the environment's Api stack"},
        "region": {"default": "us-east-1"},
        "stage": {"default": "v1"},
    },
}


def render(models: Sequence[ModelSpec]) -> str:
    """The document as it is committed."""
    return json.dumps(document(models), indent=1) + "\n"


def document(models: Sequence[ModelSpec]) -> Json:
    contracts = [spec.contract for spec in models]
    records = {contract.record.name: contract.record for contract in contracts}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Operations ML", "version": "1", "description": "Predictions on operations data."},
        "servers": [SERVER],
        "security": [{"sigv4": []}],
        "paths": {
            **{spec.route: {"post": _predict(spec.contract)} for spec in models},
            "/api/insights": {"post": _ingest(list(records.values()))},
            "/api/models": {"get": _read("listModels", "Every model and its champion", "ModelList")},
            "/api/health": {"get": _read("tellHealth", "Whether every model serves", "Health")},
        },
        "components": {
            "securitySchemes": {"sigv4": SIGV4},
            "responses": {f"Problem{status}": _problem(status) for status in PROBLEMS},
            "schemas": _schemas(contracts, list(records.values())),
        },
    }


def _schemas(contracts: Sequence[Contract], records: Sequence[RecordSchema]) -> Json:
    found: Json = dict(SHARED)
    for schema in records:
        labels = [contract.target for contract in contracts if contract.record.name == schema.name]
        found[pascal(schema.name)] = schemas.record(schema)
        found[f"Labelled{pascal(schema.name)}"] = schemas.record(schema, labels)
    for contract in contracts:
        found[f"{pascal(contract.name)}Prediction"] = schemas.prediction(contract)
        found[f"{pascal(contract.name)}Answer"] = schemas.answer(contract)
    return found


def _predict(contract: Contract) -> Json:
    item, one = ref(pascal(contract.record.name)), schemas.example(contract.record)
    explain = {
        "name": "explain",
        "in": "query",
        "schema": {"type": "boolean", "default": True},
        "description": "Whether predictions carry the contributions of their top features",
    }
    return {
        "operationId": f"predict{pascal(contract.name)}",
        "summary": contract.title,
        "parameters": [explain],
        "requestBody": _body(
            {"anyOf": [item, schemas.batch(item)]},
            {"one": {"value": one}, "batch": {"value": {"records": [one]}}},
        ),
        "responses": {
            "200": _json("The predictions, in the records' order", ref(f"{pascal(contract.name)}Answer")),
            **_problems(*PROBLEMS),
        },
    }


def _ingest(records: Sequence[RecordSchema]) -> Json:
    batches = [schemas.batch(ref(f"Labelled{pascal(schema.name)}")) for schema in records]
    examples = {schema.name: {"value": {"records": [schemas.example(schema)]}} for schema in records}
    return {
        "operationId": "ingestInsights",
        "summary": "Takes records in, each with the truth where it is known",
        "requestBody": _body({"anyOf": batches}, examples),
        "responses": {
            "202": _json("Every record is stored", ref("Ingested")),
            "207": _json("Some records are stored; the answer says which are not, and why", ref("Ingested")),
            **_problems(*PROBLEMS),
        },
    }


def _read(operation: str, summary: str, answer: str) -> Json:
    responses = {"200": _json(summary, ref(answer)), **_problems("429", "500")}
    return {"operationId": operation, "summary": summary, "responses": responses}


def _body(schema: Json, examples: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problems(*statuses: str) -> Json:
    return {status: {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def _problem(status: str) -> Json:
    answer: Json = {
        "description": PROBLEMS[status],
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
    if status == "503":
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    return answer
