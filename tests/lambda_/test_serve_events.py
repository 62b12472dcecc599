"""Events: a high risk is told once per entity and cool-down, and never lost to a failing bus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from serve import handler
from tests.lambda_.fakes import refusal
from tests.lambda_.serving import World, world

__all__ = ["world"]
HOUR = timedelta(hours=1)


def now(aside: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + aside).isoformat(timespec="milliseconds")


@pytest.fixture
def rule(world: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    made: World = world("failure-rule")
    monkeypatch.setenv("REMEDIATE_ABOVE", "0.8")
    return made


def failing(resource: str = "r", **more: Any) -> dict[str, Any]:
    return {
        "resource_id": resource,
        "timestamp": now(),
        "cpu_usage": 95,
        "memory_usage": 91,
        **more,
    }


def calm(resource: str = "r") -> dict[str, Any]:
    return failing(resource, cpu_usage=5, memory_usage=5)


def remediations(world: World) -> list[str]:
    return [
        item["remediations"]["N"]
        for (pk, _), item in world.state.items.items()
        if pk.startswith("counter#failure") and "remediations" in item
    ]


def test_a_high_risk_is_told_whole(rule: World) -> None:
    sent = failing()
    rule.good(sent)
    assert rule.bus.events == [
        {
            "environment": "local",
            "model": "failure-rule",
            "model_version": f"failure-rule/{rule.contract.hash[:8]}",
            "entity": "r",
            "label": "failing",
            "risk": 0.98,
            "level": "critical",
            "recommended_action": "restart_service",
            "request_id": "request-1",
            "time": sent["timestamp"],
        }
    ]
    ((_, request),) = rule.bus.calls
    entry = request["Entries"][0]
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == (
        "ops-ml",
        "Prediction Above Threshold",
        "bus",
    )
    assert remediations(rule) == ["1"]


def test_each_entity_is_told_once_a_cool_down(rule: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [datetime.now(UTC).timestamp()]
    for restarted in (False, False, True):
        if restarted:
            rule.restart()
        handler.parts().events.now = lambda: clock[0]
        rule.good({"records": [failing("a"), failing("b"), calm("c"), failing("a")]})
    assert [each["entity"] for each in rule.bus.events] == ["a", "b"]
    clock[0] += 1800
    rule.good(failing("a"))
    assert [each["entity"] for each in rule.bus.events] == ["a", "b", "a"]


@pytest.mark.parametrize("aside", [-2 * HOUR, HOUR])
def test_a_record_of_another_time_tells_nothing_and_silences_nothing(rule: World, aside: timedelta) -> None:
    rule.good(failing(timestamp=now(aside)))
    assert rule.bus.events == []
    rule.good(failing())
    assert len(rule.bus.events) == 1


def test_the_riskiest_record_of_an_entity_is_told(rule: World) -> None:
    milder = failing(cpu_usage=95, memory_usage=80)
    rule.good({"records": [milder, failing(), milder]})
    assert [each["risk"] for each in rule.bus.events] == [0.98]


@pytest.mark.parametrize("how", ["unreachable", "refused"])
def test_what_the_bus_does_not_take_is_told_by_the_next_prediction(rule: World, how: str) -> None:
    if how == "unreachable":
        rule.bus.failure = EndpointConnectionError(endpoint_url="http://bus")
    rule.bus.refused = 1
    assert rule.good(failing())["degraded"] is False
    assert rule.bus.events == []
    rule.bus.failure, rule.bus.refused = None, 0
    rule.good(failing())
    assert len(rule.bus.events) == 1
    assert remediations(rule) == ["1"]


def test_without_the_table_nothing_is_told_twice_and_nothing_fails(rule: World) -> None:
    rule.state.failures = [refusal("PutItem", "InternalServerError")]
    rule.good(failing())
    assert rule.bus.events == []
    rule.good(failing())
    assert len(rule.bus.events) == 1


def test_more_entities_than_one_call_takes_are_told_in_several(rule: World) -> None:
    rule.good({"records": [failing(f"r{n}") for n in range(25)]})
    assert [len(request["Entries"]) for _, request in rule.bus.calls] == [10, 10, 5]


def test_no_threshold_tells_nothing(rule: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMEDIATE_ABOVE", "")
    rule.restart()
    rule.good(failing())
    assert rule.bus.calls == []


def test_bad_settings_are_told_all_at_once(rule: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MODEL": "nothing", "COOLDOWN_S": "x", "REMEDIATE_ABOVE": "2"}.items():
        monkeypatch.setenv(name, value)
    rule.restart()
    with pytest.raises(ValueError, match=r"COOLDOWN_S.*REMEDIATE_ABOVE.*MODEL 'nothing' has no contract"):
        rule.call(failing())
