"""A router's routes in the OpenAPI document: the choice of a platform, and the forwarding to it."""

from __future__ import annotations

from typing import Any

from catalog import examples, schemas
from catalog.contract import MAX_RECORDS, Contract
from catalog.operations import body, json_answer, problems
from catalog.predictions import FLAG, KNOWN_SHARE, NUMBER, TEXT
from catalog.schemas import pascal, ref, whole
from catalog.spec import ModelSpec

Json = dict[str, Any]
KNOWN_TEXT: Json = {"type": ["string", "null"]}
METRICS = whole(
    {
        "inference_time_ms": {**NUMBER, "description": "As measured"},
        "inference_cost_usd": {
            **NUMBER,
            "description": "Of the measured time, billed by the millisecond begun, and of one invocation",
        },
        "timestamp": {**TEXT, "format": "date-time"},
    }
)
MODEL_INFO = whole(
    {
        "model_type": {**TEXT, "examples": ["XGBoost", "default-routing"]},
        "test_accuracy": {**KNOWN_SHARE, "description": "On the test split; null where the rule answered"},
        "training_date": {**KNOWN_TEXT, "format": "date-time"},
    }
)
MODEL_INFO["properties"] |= {
    "degraded": {**FLAG, "description": "There, and true, where the rule answered in the model's place"},
    "degraded_reason": {**TEXT, "description": "Why, in one word"},
}


def choice(spec: ModelSpec) -> Json:
    """The POST of the model's route."""
    record, name = ref(pascal(spec.contract.record.name)), pascal(spec.name)
    one = examples.request(spec.contract.record)
    answer = json_answer("The better platform of each request, in their order", ref(f"{name}Answer"))
    return {
        "operationId": f"predict{name}",
        "summary": spec.contract.title,
        "requestBody": body(
            {"anyOf": [record, schemas.batch(record)]}, {"one": one, "batch": {"records": [one]}}
        ),
        "responses": {"200": answer, **problems()},
    }


def forwarding(spec: ModelSpec) -> Json:
    """The POST that also has the chosen platform serve the request."""
    name, platforms = pascal(spec.name), spec.contract.target.classes
    asked = {
        "name": "platform",
        "in": "query",
        "schema": {"type": "string", "enum": ["auto", *platforms], "default": "auto"},
        "description": "Who chooses: the model, or the caller by naming a platform",
    }
    answer = json_answer("What the chosen platform answered, and what that took", ref(f"{name}Forwarded"))
    one = examples.request(spec.contract.record)
    return {
        "operationId": f"forward{name}",
        "summary": f"{spec.contract.title}, and the request forwarded",
        "parameters": [asked],
        "requestBody": body(ref(f"{name}Work"), {"one": one}),
        "responses": {"200": answer, **problems()},
    }


def components(spec: ModelSpec) -> Json:
    """The schemas that both operations refer to, by name."""
    contract, name = spec.contract, pascal(spec.name)
    chosen = f"{name}Choice"
    request = schemas.record(contract.record)
    work = {
        "payload": {
            **KNOWN_TEXT,
            "contentEncoding": "base64",
            "description": "What to work on, as large as payload_size_kb says; a sample of that size without",
        }
    }
    return {
        pascal(contract.record.name): request,
        chosen: _choice(contract),
        f"{name}Answer": _answer(ref(chosen)),
        f"{name}Work": {**request, "properties": {**request["properties"], **work}},
        f"{name}Forwarded": _forwarded(ref(chosen), contract),
    }


def _choice(contract: Contract) -> Json:
    platforms = contract.target.classes
    shares = {f"{platform}_probability": KNOWN_SHARE for platform in platforms}
    prediction = whole(
        {"platform": {"type": "string", "enum": list(platforms)}, "confidence": KNOWN_SHARE, **shares}
    )
    prediction["properties"]["limited"] = {
        **FLAG,
        "description": "There, and true, where the payload is beyond what a function takes",
    }
    context = schemas.record(contract.record)
    return whole(
        {
            "prediction": prediction,
            "metrics": METRICS,
            "request_context": {"type": "object", "properties": context["properties"]},
            "model_info": MODEL_INFO,
        }
    )


def _answer(one: Json) -> Json:
    batch = whole({"predictions": {"type": "array", "items": one, "maxItems": MAX_RECORDS}})
    return {**whole({"request_id": TEXT}), "anyOf": [one, batch]}


def _forwarded(one: Json, contract: Contract) -> Json:
    outcome = whole(
        {
            "platform": {"type": "string", "enum": list(contract.target.classes)},
            "latency_ms": {**NUMBER, "description": "As the router waited for it"},
            "cost_usd": {**NUMBER, "description": "Of this request, by the list prices"},
            "error": FLAG,
            "failed_over": {**FLAG, "description": "Whether the other platform failed first"},
            "explored": {**FLAG, "description": "Whether both platforms served it, to compare them"},
            "forced": {**FLAG, "description": "Whether the caller chose"},
            "thrifty": {
                **FLAG,
                "description": "Whether the model was too little sure of Lambda for its price",
            },
        }
    )
    told = {"request_id": TEXT, "outcome": outcome, "result": {"type": "object"}}
    return {"allOf": [one, whole(told)]}
