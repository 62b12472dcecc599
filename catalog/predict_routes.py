"""A model's prediction route in the OpenAPI document: what it takes and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog import examples, optimize_routes, router_routes, schemas
from catalog.contract import MAX_POINTS, MAX_RECORDS, Contract, RecordSchema
from catalog.operations import body, json_answer, problems
from catalog.predictions import FLAG, TEXT, prediction
from catalog.schemas import pascal, ref, whole
from catalog.spec import InFunction, ModelSpec

Json = dict[str, Any]
Contracts = Mapping[str, Contract]
EXPLAIN = {
    "name": "explain",
    "in": "query",
    "schema": {"type": "boolean", "default": True},
    "description": "Whether predictions carry the contributions of their top features",
}


def operation(spec: ModelSpec, contracts: Contracts) -> Json:
    """The POST of its route; `contracts` are all models', by name."""
    if spec.router:
        return router_routes.choice(spec)
    if spec.contract.optimizer:
        return optimize_routes.operation(spec)
    asked = {} if isinstance(spec.serving, InFunction) else {"parameters": [EXPLAIN]}
    records = [ref(name) for name in _records(spec, contracts)]
    forms = [*records, *(ref(name) for name in _series(spec))]
    batch = schemas.batch({"anyOf": records} if len(records) > 1 else records[0])
    answer = json_answer("The predictions, in the records' order", ref(f"{pascal(spec.name)}Answer"))
    return {
        "operationId": f"predict{pascal(spec.name)}",
        "summary": spec.contract.title,
        **asked,
        "requestBody": body({"anyOf": [*forms, batch]}, _examples(spec, contracts)),
        "responses": {"200": answer, **problems()},
    }


def components(spec: ModelSpec, contracts: Contracts) -> Json:
    """The schemas that the operation refers to, by name."""
    if spec.router:
        return router_routes.components(spec)
    if spec.contract.optimizer:
        return optimize_routes.components(spec)
    return {
        **_records(spec, contracts),
        **_series(spec),
        f"{pascal(spec.name)}Prediction": prediction(spec),
        f"{pascal(spec.name)}Answer": _answer(spec),
    }


def _records(spec: ModelSpec, contracts: Contracts) -> Json:
    """The forms that one record may take."""
    schema, texts = spec.contract.record, _texts(spec, contracts)
    name = f"{pascal(spec.name)}Record" if texts else pascal(schema.name)
    if not isinstance(spec.serving, InFunction):
        return {name: schemas.record(schema)}
    flat = {name: schemas.record(schema, texts=texts)}
    return {f"Grouped{name}": schemas.grouped(schema, texts), **flat} if schema.group else flat


def _series(spec: ModelSpec) -> Json:
    if not (spec.contract.record.series and isinstance(spec.serving, InFunction)):
        return {}
    return {f"{pascal(spec.name)}Series": schemas.series(spec.contract.record, _most(spec))}


def _texts(spec: ModelSpec, contracts: Contracts) -> Json:
    """Texts that other models read, as fields of the record."""
    return {
        reading.text: schemas.text(field, f"{reading.description}. May be left out.")
        for reading in spec.contract.readings
        for field in contracts[reading.model].record.texts
        if field.name == reading.text
    }


def _examples(spec: ModelSpec, contracts: Contracts) -> Json:
    schema: RecordSchema = spec.contract.record
    if not isinstance(spec.serving, InFunction):
        return {"one": examples.flat(schema), "batch": {"records": [examples.flat(schema)]}}
    one = examples.one(schema)
    texts = {name: text["examples"][0] for name, text in _texts(spec, contracts).items()}
    return {
        "one": one,
        **({"with_text": {**one, **texts}} if texts else {}),
        **({"series": examples.several(schema)} if schema.series else {}),
        "batch": {"records": [one]},
    }


def _most(spec: ModelSpec) -> int:
    return MAX_POINTS if spec.contract.detector else MAX_RECORDS


def _answer(spec: ModelSpec) -> Json:
    """One prediction to a record, a list to a batch."""
    one = ref(f"{pascal(spec.name)}Prediction")
    degraded = "Whether anything less answered than the model with the entity's history"
    common = whole(
        {
            "model": {"const": spec.name},
            "model_version": _version(spec),
            "degraded": {**FLAG, "description": degraded},
            "request_id": TEXT,
        }
    )
    common["properties"] |= {
        "degraded_reason": {**TEXT, "description": "Why, in one word"},
        "prediction": one,
        "predictions": {"type": "array", "items": one, "maxItems": _most(spec)},
    }
    return {**common, "oneOf": [{"required": ["prediction"]}, {"required": ["predictions"]}]}


def _version(spec: ModelSpec) -> Json:
    if spec.training is None:
        own = f"{spec.name}/{spec.contract.hash[:8]}"
        return {**TEXT, "description": "Model and the start of its contract's hash", "examples": [own]}
    described = "Model and version of its package; fallback-rule where the rule answered"
    return {**TEXT, "description": described, "examples": [f"{spec.name}/3"]}
