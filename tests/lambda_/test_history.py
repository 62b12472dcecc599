"""GET /api/models/{model}/history: every source in one order, page by page, and nothing hidden."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from catalog.models import MODELS
from catalog.openapi import document
from models import executions as looking
from models import handler as module
from shared.overview import KEPT_S
from tests.lambda_.conftest import Context, Event
from tests.lambda_.past import MACHINES, Machines, Notes, Packages, Parameters

ANSWER = {"$ref": "#/components/schemas/History", "components": document(MODELS)["components"]}
MODEL, GROUP, CHAMPION = "failure", "local-failure", "/failure/champion"
SETTINGS: dict[str, dict[str, Any]] = {
    MODEL: {
        "kind": "function",
        "parameter": CHAMPION,
        "candidate": "/failure/candidate",
        "group": GROUP,
        "machine": f"{GROUP}-training",
        "profiles": ["live"],
        "aliases": ["failure_predictor"],
    },
    "rules": {"kind": "declared", "version": "12ab34cd"},
}
Get = Callable[..., tuple[int, Any]]


class World:
    def __init__(self) -> None:
        self.steps, self.sagemaker, self.ssm, self.dynamodb = Machines(), Packages(), Parameters(), Notes()
        self.time = 0.0

    def client(self, service: str, **_: Any) -> Any:
        return self.steps if service == "stepfunctions" else getattr(self, service)

    def live(self) -> None:
        """Two trainings; the second one's package is taken back, a third's is rolled back by a person."""
        first, second, third = (self.sagemaker.register(GROUP, n, 10 * n + 2) for n in (1, 2, 3))
        self.ssm.write(CHAMPION, "none", 0)
        for number, arn in enumerate((first, second, third), start=1):
            output = {
                "package": arn,
                "status": "Approved",
                "reasons": [],
                "run": f"r{number}",
                "training_job": "t",
            }
            given = {"profile": "live", "trigger": "schedule"}
            self.steps.ran(f"{GROUP}-training", 10 * number, given, output=json.dumps(output))
        self.promote(first, 13, "none")
        self.promote(second, 23, first, "FAILED", error="RolledBack", cause="alarm rang")
        self.ssm.write(CHAMPION, first, 23.4)
        self.promote(third, 33, first)
        self.promote(first, 43, third)
        self.dynamodb.note(MODEL, "drift", 40, {"score": 0.4})
        self.dynamodb.note(MODEL, "retraining", 40.01, {"decision": "skipped", "reason": "cool-down"})

    def promote(self, package: str, at: float, previous: str, status: str = "SUCCEEDED", **more: str) -> None:
        output = {"output": json.dumps({"model": MODEL, "package": package, "previous": previous})}
        told = output if status == "SUCCEEDED" else more
        self.steps.ran("local-promotion", at, {"model": MODEL, "package": package}, status, **told)
        self.ssm.write(CHAMPION, package, at + 0.2)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()
    common = {"title": "t", "route": "/api/predict/x", "api": "/api"}
    monkeypatch.setenv("MODELS", json.dumps({name: common | each for name, each in SETTINGS.items()}))
    monkeypatch.setenv("MACHINES", MACHINES)
    monkeypatch.setenv("PROMOTION", "local-promotion")
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setattr("boto3.client", made.client)
    for cached in (module.overview, module.history):
        cached.cache_clear()
    module.history().clock = lambda: made.time
    yield made
    for cached in (module.overview, module.history):
        cached.cache_clear()


@pytest.fixture
def get(event: Event, context: Context) -> Get:
    def ask(model: str = MODEL, **query: str) -> tuple[int, Any]:
        path = f"/api/models/{model}/history"
        response = module.handler(event(path, method="GET", queryStringParameters=query or None), context)
        return response["statusCode"], json.loads(response["body"])

    return ask


def test_all_that_happened_is_told_newest_first(world: World, get: Get) -> None:
    world.live()
    status, body = get()
    assert status == 200
    Draft202012Validator(ANSWER).validate(body)
    moments = [each["at"] for each in body["entries"]]
    assert moments == sorted(moments, reverse=True)
    kinds = [each["kind"] for each in body["entries"]]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "training": 3,
        "package": 3,
        "promotion": 4,
        "champion": 5,
        "drift": 1,
        "retraining": 1,
    }
    assert (body["next"], body["incomplete"]) == (None, [])


def test_a_champion_that_a_promotion_takes_back_is_not_one_that_a_person_rolls_back(
    world: World, get: Get
) -> None:
    world.live()
    told = [each["detail"] for each in get()[1]["entries"] if each["kind"] == "champion"]
    assert [(each["action"], each["champion"], each["previous"]) for each in told] == [
        ("rolled_back", "failure/1", "failure/3"),
        ("promoted", "failure/3", "failure/1"),
        ("taken_back", "failure/1", "failure/2"),
        ("promoted", "failure/2", "failure/1"),
        ("promoted", "failure/1", None),
    ]


def test_a_training_tells_its_trigger_and_verdict_and_a_promotion_why_it_failed(
    world: World, get: Get
) -> None:
    world.live()
    entries = get()[1]["entries"]
    trained = next(each["detail"] for each in entries if each["kind"] == "training")
    assert (trained["profile"], trained["trigger"]) == ("live", "schedule")
    assert (trained["result"]["package"], trained["result"]["status"]) == ("failure/3", "Approved")
    promoted = [each["detail"] for each in entries if each["kind"] == "promotion"]
    assert [each.get("error") for each in promoted] == [None, None, "RolledBack: alarm rang", None]
    assert [each["previous"] for each in promoted] == ["failure/3", "failure/1", None, "none"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("looked_into", [1, 2, 60])
def test_pages_together_hold_every_entry_once(
    world: World, get: Get, monkeypatch: pytest.MonkeyPatch, limit: int, looked_into: int
) -> None:
    world.live()
    for number in range(5):
        world.steps.ran("local-promotion", 24 + number, {"model": "other", "package": "p"})
    whole = get(limit="100")[1]["entries"]
    monkeypatch.setattr(looking, "LOOKED_INTO", looked_into)
    module.history.cache_clear()
    found, query = [], {"limit": str(limit)}
    for _ in range(60):
        body = get(**query)[1]
        assert len(body["entries"]) <= limit
        found += body["entries"]
        if body["next"] is None:
            break
        query["before"] = body["next"]
    assert [(each["at"], each["kind"]) for each in found] == [(e["at"], e["kind"]) for e in whole]


def test_what_happens_within_one_second_is_not_lost_between_pages(world: World, get: Get) -> None:
    world.ssm.write(CHAMPION, "none", 0)
    for version in range(4):
        world.sagemaker.register(GROUP, version, 1 + version / 3600 / 8)
    first = get(limit="2")[1]
    second = get(limit="2", before=first["next"])[1]
    told = [each["detail"]["package"] for each in (*first["entries"], *second["entries"])]
    assert told == ["failure/3", "failure/2", "failure/1", "failure/0"]


def test_what_is_noted_by_the_millisecond_comes_before_what_follows_in_it(world: World, get: Get) -> None:
    world.ssm.write(CHAMPION, "none", 0)
    world.sagemaker.register(GROUP, 1, 1 + 0.0005 / 3600)
    world.dynamodb.note(MODEL, "drift", 1, {})
    first = get(limit="1")[1]
    assert [each["kind"] for each in first["entries"]] == ["package"]
    assert [each["kind"] for each in get(before=first["next"])[1]["entries"]] == ["drift"]


def test_before_may_lie_in_any_zone_and_its_plus_may_arrive_as_a_space(world: World, get: Get) -> None:
    world.live()
    for before in ("2026-03-01T14:00:00 01:00", "2026-03-01T13:00:00Z"):
        found = get(before=before)[1]["entries"]
        assert found
        assert all(each["at"] < "2026-03-01T13:00:00" for each in found)


def test_a_source_that_is_throttled_is_named_and_hides_no_other(world: World, get: Get) -> None:
    world.live()
    world.steps.throttled = {"ListExecutions"}
    world.sagemaker.throttled = {"DescribeModelPackage"}
    status, body = get()
    assert (status, body["incomplete"]) == (200, ["training", "promotion", "package"])
    Draft202012Validator(ANSWER).validate(body)
    packages = [each for each in body["entries"] if each["kind"] == "package"]
    assert [each["detail"] for each in packages] == [{}, {}, {}]
    assert sum(each["kind"] == "champion" for each in body["entries"]) == 5


def test_answers_are_kept_for_a_while_and_executions_that_ended_for_good(world: World, get: Get) -> None:
    world.live()
    world.steps.ran(f"{GROUP}-training", 50, {"profile": "live"}, "RUNNING")
    get()
    asked = len(world.steps.calls)
    world.time = KEPT_S - 1
    get()
    assert len(world.steps.calls) == asked
    described = world.steps.count("DescribeExecution")
    world.time = KEPT_S
    get()
    assert world.steps.count("DescribeExecution") == described + 1  # the one that runs


def test_of_an_unknown_model_there_is_a_404_and_of_a_declared_one_an_empty_list(
    world: World, get: Get
) -> None:
    status, problem = get("weather")
    assert (status, problem["status"]) == (404, 404)
    assert "known: failure, rules" in problem["detail"]
    assert get("rules") == (
        200,
        {"model": "rules", "entries": [], "next": None, "incomplete": [], "request_id": "request-1"},
    )
    assert world.steps.calls == world.ssm.calls == world.sagemaker.calls == []


def test_an_alias_is_the_model(world: World, get: Get) -> None:
    world.live()
    assert get("failure_predictor")[1]["model"] == MODEL


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"limit": "0"}, ["limit"]),
        ({"limit": "101"}, ["limit"]),
        ({"limit": "²"}, ["limit"]),
        ({"limit": "many", "before": "yesterday"}, ["limit", "before"]),
        ({"before": "2026-03-01T12:00:00"}, ["before"]),
        ({"before": "0001-01-01T00:00:00+14:00"}, ["before"]),
    ],
)
def test_a_wrong_query_is_refused_field_by_field(
    world: World, get: Get, query: dict[str, str], fields: list[str]
) -> None:
    status, problem = get(**query)
    assert (status, [each["field"] for each in problem["errors"]]) == (400, fields)


def test_a_moment_far_ahead_is_now(world: World, get: Get) -> None:
    world.live()
    assert len(get(before="9999-12-31T23:59:59Z")[1]["entries"]) == 17
