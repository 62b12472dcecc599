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
from catalog.schemas import pascal
from catalog.spec import ModelSpec, RealTimeEndpoint
from tests.catalog import strategies
from tests.catalog.requests import flattened, forms
from tests.models import PREDICTING

DOCUMENT = document(MODELS)
OF_ALL = pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)
OF_PREDICTING = pytest.mark.parametrize("spec", PREDICTING, ids=lambda spec: spec.name)


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
    control = ("health", "metrics", "models/status", "models/train", "models/train/{execution_id}")
    routes = {spec.route for spec in MODELS} | {"/api/insights", "/api/models", "/api/models/{model}/history"}
    routes |= {spec.router.forward for spec in MODELS if spec.router}
    routes |= {f"{spec.api}/{path}" for spec in MODELS for path in control}
    assert set(DOCUMENT["paths"]) == routes
    assert DOCUMENT["security"] == [{"sigv4": []}]


@OF_PREDICTING
def test_examples_are_accepted_by_schema_and_contract(spec: ModelSpec) -> None:
    examples = body(spec.route)["examples"]
    assert set(examples) >= {"one", "batch"}
    for shown in examples.values():
        validator(body(spec.route)["schema"]).validate(shown["value"])
        for record in flattened(spec.contract, shown["value"]):
            assert spec.contract.check(record) == []


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        (
            "predict/failure",
            {
                "resource_id": "server-01",
                "metrics": {"cpu_usage": 85.5, "memory_usage": 78.2, "disk_io": 1200, "network_errors": 15},
            },
        ),
        (
            "predict/threat",
            {
                "source_ip": "192.168.1.100",
                "failed_auth_count": 25,
                "request_rate": 1500,
                "unique_ips": 50,
                "payload": "x",
            },
        ),
        ("predict/capacity", {"resource_id": "vol-1", "current_storage_usage": 71.2}),
        ("predict/anomaly", {"series_id": "s", "points": [{"value": 1.5}]}),
        (
            "models/train",
            {
                "models": ["failure_predictor", "threat_detector", "capacity_forecaster"],
                "use_synthetic_data": True,
                "n_samples": 1000,
            },
        ),
    ],
)
def test_known_requests_are_accepted(path: str, request_: dict[str, Any]) -> None:
    checks = validator(body(f"/api/v3/aiops/{path}")["schema"])
    checks.validate(request_)
    assert not checks.is_valid({**request_, "other": 1})


@OF_PREDICTING
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_schema_and_contract_judge_alike(spec: ModelSpec, data: st.DataObject) -> None:
    record = data.draw(strategies.record(spec.contract.record))
    assert spec.contract.check(record) == []
    checks, schema = validator(body(spec.route)["schema"]), spec.contract.record
    assert all(checks.is_valid(form) for form in forms(spec, record))
    measured = [field.name for field in (*schema.given, *schema.texts)]
    name = data.draw(st.sampled_from([*measured, "other"]))
    value = data.draw(st.sampled_from([True, -2e100, [], {}]))
    changed = {**record, name: value}
    assert spec.contract.check(changed)
    assert not any(checks.is_valid(form) for form in forms(spec, changed))


@OF_PREDICTING
def test_what_is_left_out_is_missed_by_both(spec: ModelSpec) -> None:
    checks, schema = validator(body(spec.route)["schema"]), spec.contract.record
    whole = body(spec.route)["examples"]["one"]["value"]
    [flat] = flattened(spec.contract, whole)
    for name in schema.required:
        without = {field: value for field, value in flat.items() if field != name}
        assert spec.contract.check(without)
        assert not any(checks.is_valid(form) for form in forms(spec, without))
    bare = {name: value for name, value in flat.items() if name in schema.key_names}
    assert spec.contract.check(bare)
    assert not any(checks.is_valid(form) for form in forms(spec, bare))


@OF_ALL
def test_every_field_is_described_with_its_unit(spec: ModelSpec) -> None:
    name = f"{pascal(spec.name)}Record" if spec.contract.readings else pascal(spec.contract.record.name)
    schema = DOCUMENT["components"]["schemas"][name]
    assert not {each.name for each in spec.contract.record.features if each.missing == "compute"} & set(
        schema["properties"]
    )
    for feature in spec.contract.record.given:
        told = schema["properties"][feature.name]
        if feature.categories:
            assert (told["enum"], told["description"]) == (list(feature.categories), feature.description)
            continue
        if feature.names:
            assert told["pattern"] == f"^(?:{feature.names})$"
            assert feature.description in told["description"]
            continue
        assert (told["x-unit"], told["minimum"], told.get("maximum"), told.get("default")) == (
            feature.unit,
            feature.minimum,
            feature.maximum,
            feature.default if feature.missing == "default" else None,
        )
        assert feature.description in told["description"]
        if feature.missing == "default":
            assert f"{feature.default:g} where it is left out" in told["description"]


def test_only_what_is_stored_is_taken_in_with_its_truth() -> None:
    taken = validator(body("/api/insights")["schema"])
    for spec in MODELS:
        target = spec.contract.target
        truth = target.classes[0] if target.classes else target.minimum
        good = body(spec.route)["examples"]["one"]["value"] | {target.name: truth}
        stored = spec.contract.record.name == MODELS[0].contract.record.name
        assert taken.is_valid({"records": [good]}) is stored
        assert not taken.is_valid({"records": [good | {target.name: "?"}]})


@OF_ALL
def test_only_endpoints_explain(spec: ModelSpec) -> None:
    operation = DOCUMENT["paths"][spec.route]["post"]
    names = [parameter["name"] for parameter in operation.get("parameters", [])]
    assert names == (["explain"] if isinstance(spec.serving, RealTimeEndpoint) else [])


@pytest.mark.parametrize("api", sorted({spec.api for spec in MODELS}))
def test_trainings_name_the_trained_models_of_their_api(api: str) -> None:
    order = body(f"{api}/models/train")
    for shown in order["examples"].values():
        validator(order["schema"]).validate(shown["value"])
    trained = [spec for spec in MODELS if spec.api == api and spec.training]
    names = {name for spec in trained for name in (spec.name, *spec.aliases)}
    assert set(order["schema"]["properties"]["models"]["items"]["enum"]) == names
    for wrong in (
        {},
        {"models": []},
        {"models": ["nothing"]},
        {"models": [trained[0].name], "n_samples": 499},
        {"models": [trained[0].name], "n_samples": 1_000_001},
        {"models": [trained[0].name], "use_synthetic_data": "yes"},
        {"models": [trained[0].name], "other": 1},
    ):
        assert not validator(order["schema"]).is_valid(wrong)


def test_metrics_are_text() -> None:
    for path, item in DOCUMENT["paths"].items():
        kinds = list(next(iter(item.values()))["responses"].get("200", {}).get("content", {}))
        assert (kinds == ["text/plain"]) is path.endswith("/metrics")


def test_operations_have_names_of_their_own() -> None:
    names = [each["operationId"] for item in DOCUMENT["paths"].values() for each in item.values()]
    assert len(names) == len(set(names))


def test_the_document_is_plain_json() -> None:
    assert json.loads(render(MODELS)) == DOCUMENT
