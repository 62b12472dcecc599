"""The OpenAPI document: valid, complete, and true to the contracts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from openapi_spec_validator import OpenAPIV31SpecValidator

from catalog.models import MODELS
from catalog.openapi import document, render
from catalog.spec import ModelSpec
from tests.catalog import strategies

DOCUMENT = document(MODELS)
OF_ALL = pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)


def body(route: str) -> dict[str, Any]:
    content = DOCUMENT["paths"][route]["post"]["requestBody"]["content"]
    return dict(content["application/json"])


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def test_it_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_the_committed_document_is_fresh() -> None:
    committed = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert committed.read_text() == render(MODELS), "run: python -m catalog render"


def test_every_route_is_there_and_signed() -> None:
    routes = {spec.route for spec in MODELS} | {"/api/insights", "/api/models", "/api/health"}
    assert set(DOCUMENT["paths"]) == routes
    assert DOCUMENT["security"] == [{"sigv4": []}]


@OF_ALL
def test_examples_are_accepted_by_schema_and_contract(spec: ModelSpec) -> None:
    examples = body(spec.route)["examples"]
    for shown in examples.values():
        validator(body(spec.route)["schema"]).validate(shown["value"])
        for record in shown["value"].get("records", [shown["value"]]):
            assert spec.contract.check(record) == []


@OF_ALL
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_schema_and_contract_judge_alike(spec: ModelSpec, data: st.DataObject) -> None:
    record = data.draw(strategies.record(spec.contract))
    checks = validator(body(spec.route)["schema"])
    assert checks.is_valid(record)
    name = data.draw(st.sampled_from([*spec.contract.features, "other"]))
    value = data.draw(st.sampled_from(["text", True, -2e6, [], {}]))
    changed = {**record, name: value}
    assert spec.contract.check(changed)
    assert not checks.is_valid(changed)


@OF_ALL
def test_every_field_is_described_with_its_unit(spec: ModelSpec) -> None:
    schema = DOCUMENT["components"]["schemas"][
        "".join(p.capitalize() for p in spec.contract.record.name.split("_"))
    ]
    for feature in spec.contract.record.features:
        told = schema["properties"][feature.name]
        assert (told["x-unit"], told["minimum"], told.get("maximum")) == (
            feature.unit,
            feature.minimum,
            feature.maximum,
        )
        assert feature.description in told["description"]
    labelled = body("/api/insights")["schema"]
    record = spec.contract.target.classes[:1] or (spec.contract.target.minimum,)
    good = body(spec.route)["examples"]["one"]["value"] | {spec.contract.target.name: record[0]}
    validator(labelled).validate({"records": [good]})
    assert not validator(labelled).is_valid({"records": [good | {spec.contract.target.name: "?"}]})


def test_the_document_is_plain_json() -> None:
    assert json.loads(render(MODELS)) == DOCUMENT
