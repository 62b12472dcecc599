"""The API's OpenAPI 3.1 document, derived from the specs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from catalog import control_routes, examples, history_routes, predict_routes, router_routes, schemas
from catalog.answers import SHARED
from catalog.contract import Contract, RecordSchema
from catalog.operations import PROBLEMS, as_json, body, json_answer, problem, problems, read
from catalog.schemas import pascal, ref
from catalog.spec import ModelSpec

Json = dict[str, Any]
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
    contracts = {spec.name: spec.contract for spec in models}
    stored = _stored(list(contracts.values()))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Operations ML", "version": "1", "description": "Predictions on operations data."},
        "servers": [SERVER],
        "security": [{"sigv4": []}],
        "paths": {
            **{spec.route: {"post": predict_routes.operation(spec, contracts)} for spec in models},
            **{
                spec.router.forward: {"post": router_routes.forwarding(spec)}
                for spec in models
                if spec.router
            },
            **control_routes.paths(models),
            history_routes.PATH: {"get": history_routes.operation(models)},
            "/api/insights": {"post": _ingest(stored[0].record)},
            "/api/models": {
                "get": read("listModels", "Every model and its champion", as_json(ref("ModelList")))
            },
        },
        "components": {
            "securitySchemes": {"sigv4": SIGV4},
            "responses": {f"Problem{status}": problem(status) for status in PROBLEMS},
            "schemas": _schemas(models, contracts, stored),
        },
    }


def _stored(contracts: Sequence[Contract]) -> list[Contract]:
    """The contracts whose records are taken in: one table takes the record schema of the first model."""
    return [contract for contract in contracts if contract.record.name == contracts[0].record.name]


def _schemas(
    models: Sequence[ModelSpec], contracts: predict_routes.Contracts, stored: Sequence[Contract]
) -> Json:
    found: Json = {**SHARED, "History": history_routes.HISTORY}
    for spec in models:
        found |= predict_routes.components(spec, contracts)
    record, labels = stored[0].record, [contract.target for contract in stored]
    return found | {f"Labelled{pascal(record.name)}": schemas.record(record, labels)}


def _ingest(schema: RecordSchema) -> Json:
    taken = schemas.batch(ref(f"Labelled{pascal(schema.name)}"))
    return {
        "operationId": "ingestInsights",
        "summary": "Takes records in, each with the truth where it is known",
        "requestBody": body(taken, {schema.name: {"records": [examples.flat(schema)]}}),
        "responses": {
            "202": json_answer("Every record is stored", ref("Ingested")),
            "207": json_answer(
                "Some records are stored; the answer says which are not, and why", ref("Ingested")
            ),
            **problems(),
        },
    }
