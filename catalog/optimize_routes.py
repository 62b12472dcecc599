"""An optimiser's route in the OpenAPI document: what it takes and what it answers."""

from __future__ import annotations

from typing import Any

from catalog import examples, schemas
from catalog.contract import Contract, Optimizer
from catalog.operations import COMMON, body, json_answer, problems
from catalog.predictions import FLAG, NUMBER, SHARE, TEXT
from catalog.schemas import closed, pascal, ref, whole
from catalog.spec import ModelSpec

Json = dict[str, Any]
COUNT: Json = {"type": "integer", "minimum": 0}
USD: Json = {**NUMBER, "x-unit": "USD per hour"}


def operation(spec: ModelSpec) -> Json:
    """The POST of its route."""
    schema, optimizer = spec.contract.record, declared(spec.contract)
    shown = {"one": examples.optimization(schema, optimizer)}
    if optimizer.estimate:
        shown["estimated"] = examples.unestimated(schema, optimizer)
    return {
        "operationId": f"optimize{pascal(spec.name)}",
        "summary": spec.contract.title,
        "requestBody": body(ref(f"{pascal(spec.name)}Request"), shown),
        "responses": {
            "200": json_answer("The best choice, and what holds it back", ref(f"{pascal(spec.name)}Answer")),
            **problems(*COMMON, "422"),
        },
    }


def components(spec: ModelSpec) -> Json:
    """The schemas that the operation refers to, by name."""
    contract, optimizer, name = spec.contract, declared(spec.contract), pascal(spec.name)
    return {
        pascal(contract.record.name): schemas.record(contract.record),
        f"{name}Requirement": _requirement(optimizer),
        f"{name}Request": _request(contract, optimizer, name),
        f"{name}Plan": _plan(optimizer),
        f"{name}Answer": _answer(spec, optimizer),
    }


def declared(contract: Contract) -> Optimizer:
    """The contract's optimiser; ValueError where it has none."""
    if contract.optimizer is None:
        raise ValueError(f"model {contract.name!r} has no optimizer")
    return contract.optimizer


def _requirement(optimizer: Optimizer) -> Json:
    fields = {limit.name: _limit(schemas.number(limit.feature)) for limit in optimizer.limits}
    supplies = [{"required": [limit.name]} for limit in optimizer.of("supply")]
    return {**closed(fields, ()), "anyOf": supplies}


def _limit(schema: Json) -> Json:
    """A limit that is left out does not bind."""
    return {**schema, "description": schema["description"].replace("; the model deals with its absence", "")}


def _request(contract: Contract, optimizer: Optimizer, name: str) -> Json:
    option = ref(pascal(contract.record.name))
    properties: Json = {
        optimizer.options: {
            "type": "array",
            "items": option,
            "minItems": 1,
            "maxItems": optimizer.most_options,
            "description": f"No two with the same {', '.join(optimizer.identity)}",
        },
        optimizer.requirement: ref(f"{name}Requirement"),
    }
    if told := optimizer.distances:
        distance = {**schemas.number(told.feature), "type": "number"}
        item = closed(
            {**dict.fromkeys(told.ends, TEXT), told.feature.name: distance}, (*told.ends, told.feature.name)
        )
        properties[told.field] = {"type": ["array", "null"], "items": item, "maxItems": told.most}
    return closed(properties, (optimizer.options, optimizer.requirement))


def _plan(optimizer: Optimizer) -> Json:
    columns = [limit.column for limit in optimizer.limits if limit.column]
    numbers = dict.fromkeys((optimizer.cost, *columns), NUMBER)
    bounding = [limit for limit in optimizer.limits if limit.kind != "price"]
    priced = [limit.column for limit in optimizer.of("mean", "price")]
    names = [*(limit.name for limit in bounding), optimizer.capacity]
    binding = whole(
        {
            "limit": {**TEXT, "enum": names},
            "relaxed_to": {"type": ["number", "null"]},
            "saves_usd_per_hour": {**USD, "description": "Of the objective"},
            "detail": TEXT,
        }
    )
    group = {optimizer.group: TEXT, "count": COUNT, "usd_per_hour": USD, "capacity_share": SHARE}
    farthest = whole({"between": {"type": "array", "items": TEXT}, "value": NUMBER})
    return whole(
        {
            "chosen": _list(whole({**dict.fromkeys(optimizer.identity, TEXT), **numbers, "count": COUNT})),
            "groups": _list(whole(group)),
            "usd_per_hour": USD,
            "objective_usd_per_hour": {**USD, "description": "With the price put on what is no money"},
            "worst_group_loss": {**SHARE, "description": f"Of the capacity, if one {optimizer.group} fails"},
            "farthest": {**farthest, "type": ["object", "null"], "description": "The two farthest apart"},
            "limits": {
                "type": "object",
                "properties": {limit.name: NUMBER for limit in bounding},
                "description": "What the choice comes to of each limit that was asked for",
            },
            "expected": {**whole(dict.fromkeys(priced, NUMBER)), "description": "On average, by capacity"},
            "binding": {**_list(binding), "description": "What holds the choice back, dearest first"},
            "explained": {**FLAG, "description": "Whether each limit was looked at to its end"},
            "proven": {
                **FLAG,
                "description": f"Whether no choice is better by more than {optimizer.search.gap:g}",
            },
            "gap": {**SHARE, "description": "What may be left to win, as a share of the objective"},
            "solve_ms": NUMBER,
            "explain_ms": NUMBER,
        }
    )


def _answer(spec: ModelSpec, optimizer: Optimizer) -> Json:
    own = f"{spec.name}/{spec.contract.hash[:8]}"
    head: Json = {
        "model": {"const": spec.name},
        "model_version": {**TEXT, "examples": [own]},
        "degraded": {**FLAG, "description": "Whether anything less than a model told what was left out"},
        "request_id": TEXT,
        "plan": ref(f"{pascal(spec.name)}Plan"),
    }
    if optimizer.estimate:
        head["estimates"] = whole(
            {
                "model": {"const": optimizer.estimate.model},
                "model_versions": _list(TEXT),
                "estimated": {**COUNT, "description": "Options for which it was asked"},
                "given": {**COUNT, "description": "Options that told it, or need none"},
            }
        )
    answer = whole(head)
    answer["properties"]["degraded_reason"] = {**TEXT, "description": "Why, in one word"}
    return answer


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}
