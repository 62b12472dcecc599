"""What the functions answer is what the OpenAPI document says, over all models."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from catalog.openapi import document
from catalog.schemas import pascal
from catalog.spec import ModelSpec
from predict.endpoint import EndpointFailed
from predict.handler import _body, app
from predict.predictor import Answer, Predictor
from predict.request import Request
from shared import problems
from shared.inputs import Inputs
from shared.problems import Refused
from tests.lambda_.examples import prediction, record
from tests.models import ENDPOINTS

COMPONENTS = document(ENDPOINTS)["components"]
OF_ALL = pytest.mark.parametrize("spec", ENDPOINTS, ids=lambda spec: spec.name)


def check(name: str, value: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS}
    Draft202012Validator(schema).validate(value)


@pytest.fixture(autouse=True)
def _request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predict.handler.request_id", lambda _: "request-1")
    monkeypatch.setattr("shared.problems.request_id", lambda _: "request-1")


@OF_ALL
@pytest.mark.parametrize("single", [True, False])
def test_answers(spec: ModelSpec, single: bool) -> None:
    request = Request([record(spec.contract)], single)
    check(f"{pascal(spec.name)}Answer", _body(spec.name, request, Answer([prediction(spec.contract)], "3")))


@OF_ALL
def test_degraded_answers(spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise EndpointFailed("timeout")

    monkeypatch.setattr("predict.predictor.ask", fails)
    uncounted = Inputs(lambda: None, "state", spec.contract)
    predictor = Predictor(spec.contract, "endpoint", None, uncounted)
    answer = predictor.predict([record(spec.contract)], explain=True)
    check(f"{pascal(spec.name)}Answer", _body(spec.name, Request([], True), answer))


def test_every_problem_has_a_documented_status() -> None:
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Refused)]
    for kind in kinds:
        response = problems.answer(app, kind("why"))
        check("Problem", json.loads(str(response.body)))
        assert f"Problem{response.status_code}" in COMPONENTS["responses"]
    assert len(kinds) == 10
