"""GET /api/models over all models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from catalog.models import MODELS
from models import handler as module
from shared.overview import KEPT_S, health
from tests.lambda_.conftest import Context, Event
from tests.lambda_.fakes import TIME, Registry, Ssm


class World:
    """Every model as the cloud holds it; `promote` makes a champion."""

    def __init__(self) -> None:
        self.ssm = Ssm(**{f"/{spec.name}": "none" for spec in MODELS})
        self.registry = Registry("group")
        self.now = 0.0

    def promote(self, name: str, status: str | None = "InService") -> str:
        metadata = {"accuracy": "0.93", "profile": "synthetic", "data_hash": "12e4"}
        arn = self.registry.add(len(self.registry.packages) + 1, CustomerMetadataProperties=metadata)
        self.ssm.history[f"/{name}"].append(arn)
        if status:
            self.registry.endpoints[f"local-{name}"] = status
        return arn


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()
    settings = {
        spec.name: {
            "title": spec.contract.title,
            "route": spec.route,
            "api": spec.api,
            "kind": "endpoint",
            "parameter": f"/{spec.name}",
            "endpoint": f"local-{spec.name}",
        }
        for spec in MODELS
    }
    monkeypatch.setenv("MODELS", json.dumps(settings))
    clients = {"ssm": made.ssm, "sagemaker": made.registry}
    monkeypatch.setattr("boto3.client", lambda service, **_: clients[service])
    module.overview.cache_clear()
    module.overview().clock = lambda: made.now
    yield made
    module.overview.cache_clear()


def get(path: str, event: Event, context: Context) -> tuple[int, Any]:
    response = module.handler(event(path, method="GET"), context)
    return response["statusCode"], json.loads(response["body"])


def test_before_the_first_promotion(world: World, event: Event, context: Context) -> None:
    status, body = get("/api/models", event, context)
    assert (status, [entry["model"] for entry in body["models"]]) == (200, [spec.name for spec in MODELS])
    assert all(entry["status"] == "no_model" and entry["champion"] is None for entry in body["models"])
    assert health(body["models"])["status"] == "degraded"


def test_every_model_in_service(world: World, event: Event, context: Context) -> None:
    for spec in MODELS:
        world.promote(spec.name)
    _, body = get("/api/models", event, context)
    for number, (spec, entry) in enumerate(zip(MODELS, body["models"], strict=True), start=1):
        assert entry == {
            "model": spec.name,
            "title": spec.contract.title,
            "route": spec.route,
            "kind": "endpoint",
            "status": "ready",
            "version": f"{spec.name}/{number}",
            "champion": f"{spec.name}/{number}",
            "candidate": None,
            "metrics": {"accuracy": 0.93},
            "training": {"profile": "synthetic", "data_hash": "12e4"},
            "approval": "Approved",
            "updated_at": TIME.isoformat(),
            "promoted_at": TIME.isoformat(),
        }
    assert health(body["models"])["status"] == "ok"


@pytest.mark.parametrize(
    ("status", "told", "overall"),
    [
        ("Updating", "updating", "ok"),
        ("RollingBack", "updating", "ok"),
        ("Failed", "failed", "degraded"),
        ("OutOfService", "failed", "degraded"),
        (None, "missing", "degraded"),
    ],
)
def test_an_endpoints_state(
    world: World, event: Event, context: Context, status: str | None, told: str, overall: str
) -> None:
    for spec in MODELS[1:]:
        world.promote(spec.name)
    world.promote(MODELS[0].name, status)
    found = health(get("/api/models", event, context)[1]["models"])
    assert (found["models"][MODELS[0].name], found["status"]) == (told, overall)


def test_answers_are_kept_for_a_while(world: World, event: Event, context: Context) -> None:
    get("/api/models", event, context)
    world.promote(MODELS[0].name)
    world.now = KEPT_S - 1
    assert get("/api/models", event, context)[1]["models"][0]["status"] == "no_model"
    world.now = KEPT_S
    assert get("/api/models", event, context)[1]["models"][0]["status"] == "ready"


def test_a_package_that_is_gone_hides_no_model(world: World, event: Event, context: Context) -> None:
    del world.registry.packages[world.promote(MODELS[0].name)]
    _, body = get("/api/models", event, context)
    assert (body["models"][0]["status"], body["models"][0]["champion"]) == ("ready", None)


def test_another_route_is_a_404(world: World, event: Event, context: Context) -> None:
    assert get("/api/nothing", event, context)[0] == 404
