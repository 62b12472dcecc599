"""What the optimisers' functions answer: documented requests, wrong ones, estimates by another model."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from catalog import examples
from catalog.models import MODELS
from catalog.openapi import document
from catalog.schemas import pascal
from catalog.spec import ModelSpec
from tests.catalog.strategies import JSON
from tests.lambda_.serving import SPECS, World, archive
from tests.lambda_.serving import world as world  # the fixture
from tests.models import OPTIMIZERS

DOCUMENT = document(MODELS)
OF_ALL = pytest.mark.parametrize("spec", OPTIMIZERS, ids=lambda spec: spec.name)
Json = dict[str, Any]


def shown(spec: ModelSpec) -> dict[str, Json]:
    content = DOCUMENT["paths"][spec.route]["post"]["requestBody"]["content"]["application/json"]
    return {name: copy.deepcopy(each["value"]) for name, each in content["examples"].items()}


def check(schema: str, value: Any) -> None:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    Draft202012Validator(whole).validate(value)


def promoted(made: World) -> World:
    for name in made.contract.companions:
        made.promote(made.publish(archive(SPECS[name].contract), name), name)
    return made


def errors(made: World, body: Any, status: int = 400) -> dict[str, str]:
    got, answer = made.call(body)
    assert got == status, answer
    check("Problem", answer)
    return {each["field"]: each["detail"] for each in answer.get("errors", [])}


@OF_ALL
def test_every_documented_request_is_answered_as_documented(world: Any, spec: ModelSpec) -> None:
    made = promoted(world(spec.name))
    for name, body in shown(spec).items():
        check(f"{pascal(spec.name)}Request", body)
        answer = made.good(body)
        check(f"{pascal(spec.name)}Answer", answer)
        assert answer["degraded"] is False
        assert answer["plan"]["proven"]
        assert set(answer["plan"]) == set(
            DOCUMENT["components"]["schemas"][f"{pascal(spec.name)}Plan"]["properties"]
        )
        assert answer["estimates"]["estimated"] == (len(body["options"]) if name == "estimated" else 0)


@OF_ALL
def test_without_a_champion_the_rule_estimates_and_says_so(world: Any, spec: ModelSpec) -> None:
    answer = world(spec.name).good(shown(spec)["estimated"])
    check(f"{pascal(spec.name)}Answer", answer)
    assert (answer["degraded"], answer["degraded_reason"]) == (True, "no_model")
    assert answer["estimates"]["model_versions"] == ["fallback-rule"]
    rule = SPECS[answer["estimates"]["model"]].contract.fallback
    option = shown(spec)["estimated"]["options"][0]
    assert answer["plan"]["chosen"][0]["interruption_probability"] == rule.probability(option)  # type: ignore[union-attr]


@OF_ALL
def test_a_champion_estimates_what_is_left_out_and_nothing_else(world: Any, spec: ModelSpec) -> None:
    made, body = promoted(world(spec.name)), shown(spec)["estimated"]
    body["options"][0]["interruption_probability"] = 0.01
    body["options"][1]["market"] = "on-demand"
    answer = made.good(body)
    name = answer["estimates"]["model"]
    assert answer["estimates"] == {"model": name, "model_versions": [f"{name}/1"], "estimated": 1, "given": 2}
    told = {each["zone"]: each["interruption_probability"] for each in answer["plan"]["chosen"]}
    assert told["us-east-1a"] == 0.01
    assert told.get("us-east-1b", 0.0) == 0.0
    assert 0 < told["us-east-1c"] < 1


@OF_ALL
def test_a_companion_that_fails_leaves_its_rule(world: Any, spec: ModelSpec) -> None:
    made = world(spec.name)
    (name,) = made.contract.companions
    made.promote(made.publish(b"no archive", name), name)
    answer = made.good(shown(spec)["estimated"])
    assert answer["degraded_reason"] == "load_failed"


@OF_ALL
def test_every_wrong_field_is_named_at_once(world: Any, spec: ModelSpec) -> None:
    body = shown(spec)["one"]
    body["options"][0]["price_usd"] = -1
    body["options"][1] |= {"vcpu": None, "other": 1}
    body["options"].append(dict(body["options"][2]))
    body["requirement"] |= {"min_zones": 1.5, "max_zone_share": 2, "unheard_of": 1}
    body["latencies"][0] |= {"from": "nowhere", "ms": "x"}
    body["latencies"].append(dict(body["latencies"][1]))
    body["more"] = 1
    found = errors(world(spec.name), body)
    assert set(found) == {
        "options[0].price_usd",
        "options[1].vcpu",
        "options[1].other",
        "options[3]",
        "requirement.min_zones",
        "requirement.max_zone_share",
        "requirement.unheard_of",
        "latencies[0].from",
        "latencies[0].ms",
        "latencies[3]",
        "more",
    }
    assert found["options[3]"] == "has the zone, instance_type, market of options[2]"


@OF_ALL
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"options": []}, "options"),
        ({"options": {}}, "options"),
        ({"options": [1]}, "options[0]"),
        ({"requirement": None}, "requirement"),
        ({"requirement": {"min_zones": 2}}, "requirement"),
        ({"latencies": 1}, "latencies"),
        ({"latencies": [[]]}, "latencies[0]"),
        ({"latencies": []}, "latencies"),
    ],
)
def test_odd_requests_are_refused(world: Any, spec: ModelSpec, change: Json, field: str) -> None:
    assert field in errors(world(spec.name), {**shown(spec)["one"], **change})


@OF_ALL
def test_too_many_are_too_large(world: Any, spec: ModelSpec) -> None:
    optimizer, body = spec.contract.optimizer, shown(spec)["one"]
    assert optimizer
    assert optimizer.distances
    option, made = {"zone": "a-1"}, world(spec.name)
    assert made.call({**body, "options": [option] * (optimizer.most_options + 1)})[0] == 413
    assert made.call({**body, "latencies": [{}] * (optimizer.distances.most + 1)})[0] == 413
    groups = [{**body["options"][0], "zone": f"z-{n}"} for n in range(optimizer.most_groups + 1)]
    assert "options" in errors(made, {"options": groups, "requirement": {"vcpus": 1}})


@OF_ALL
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_is_sent_is_answered(world: Any, spec: ModelSpec, data: st.DataObject) -> None:
    made, body = world(spec.name), shown(spec)["one"]
    kind = data.draw(st.sampled_from(["whole", "field", "option", "requirement", "distance"]))
    junk = data.draw(JSON)
    if kind == "whole":
        body = junk
    elif kind == "field":
        body[data.draw(st.sampled_from(list(body)))] = junk
    else:
        part = {
            "option": body["options"][0],
            "requirement": body["requirement"],
            "distance": body["latencies"][0],
        }[kind]
        part[data.draw(st.sampled_from([*part, "other"]))] = junk
    try:
        json.dumps(body, allow_nan=False)
    except ValueError:
        return
    status, answer = made.call(body)
    assert status in (200, 400, 413, 422), answer


@OF_ALL
def test_the_example_is_the_contracts_own(spec: ModelSpec) -> None:
    assert spec.contract.optimizer
    assert shown(spec)["one"] == examples.optimization(spec.contract.record, spec.contract.optimizer)


@OF_ALL
def test_requests_are_counted(world: Any, spec: ModelSpec) -> None:
    made = world(spec.name)
    made.good(shown(spec)["one"])
    assert made.module.parts().counters.read([spec.name])[spec.name]["predictions"] == 1
