"""What functions that serve a model answer to the documented requests is what the OpenAPI document says."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from catalog.contract import MAX_POINTS, MAX_RECORDS
from catalog.models import MODELS
from catalog.openapi import document
from catalog.schemas import pascal
from catalog.spec import ModelSpec
from tests.lambda_.serving import SPECS, World, archive
from tests.lambda_.serving import world as world  # the fixture
from tests.models import FUNCTIONS

DOCUMENT = document(MODELS)
OF_ALL = pytest.mark.parametrize(
    "spec",
    [spec for spec in FUNCTIONS if not (spec.router or spec.contract.optimizer)],
    ids=lambda spec: spec.name,
)


def content(spec: ModelSpec) -> Any:
    return DOCUMENT["paths"][spec.route]["post"]["requestBody"]["content"]["application/json"]


def check(spec: ModelSpec, answer: Any) -> None:
    name = f"{pascal(spec.name)}Answer"
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(answer)
    told = DOCUMENT["components"]["schemas"][f"{pascal(spec.name)}Prediction"]["properties"]
    for prediction in answer.get("predictions", [answer.get("prediction")]):
        assert set(prediction) <= set(told), "an answer carries what is not documented"


def promoted(made: World) -> World:
    for name in [made.spec.name, *made.contract.companions]:
        if SPECS[name].training:
            made.promote(made.publish(archive(SPECS[name].contract), name), name)
    return made


@OF_ALL
def test_every_documented_request_is_answered_as_documented(world: Any, spec: ModelSpec) -> None:
    made = promoted(world(spec.name))
    for name, shown in content(spec)["examples"].items():
        answer = made.good(shown["value"])
        check(spec, answer)
        assert answer["degraded"] is False
        many = name == "batch" or (name == "series" and not spec.contract.target.horizons)
        assert ("predictions" in answer) is many


@OF_ALL
def test_answers_without_a_model_are_documented(world: Any, spec: ModelSpec) -> None:
    for shown in content(spec)["examples"].values():
        status, answer = world(spec.name).call(shown["value"])
        if spec.training and spec.contract.fallback is None:
            assert status == 503
            continue
        assert status == 200
        assert answer["degraded"] is (spec.training is not None)
        check(spec, answer)


@OF_ALL
def test_as_many_records_as_documented_are_taken(world: Any, spec: ModelSpec) -> None:
    made = promoted(world(spec.name))
    one = content(spec)["examples"]["one"]["value"]
    assert made.call({"records": [one] * (MAX_RECORDS + 1)})[0] == 413
    series = DOCUMENT["components"]["schemas"].get(f"{pascal(spec.name)}Series")
    if series is None:
        return
    schema = spec.contract.record
    most = series["properties"][schema.series]["maxItems"]
    assert most == (MAX_POINTS if spec.contract.detector else MAX_RECORDS)
    shown = content(spec)["examples"]["series"]["value"]
    too_many = {**shown, schema.series: shown[schema.series][:1] * (most + 1)}
    assert made.call(too_many)[0] == 413
