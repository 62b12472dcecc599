"""Remediation: one decision per event, recorded before anything is done, bounded and repeatable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate import handler as module
from remediate.executor import Executor
from remediate.orders import OLDEST_S, read
from shared.remediations import outcomes
from tests.catalog.strategies import JSON
from tests.lambda_.conftest import Context
from tests.lambda_.fakes import Fake, refusal
from tests.lambda_.state_table import StateTable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = "3f0d8a52-5a3c-4f6c-9a0f-4d9e8a7b6c5d"
ACTIONS: dict[str, Any] = {
    "restart_service": {
        "kind": "ssm-automation",
        "document": "AWS-RestartEC2Instance",
        "parameters": {"InstanceId": ["{entity}"]},
    },
    "scale_out": {"kind": "ecs-scale", "cluster": "main", "service": "{entity}", "step": 2, "cap": 6},
    "add_capacity": {"kind": "autoscaling-desired", "group": "{entity}-group", "step": 3, "cap": 50},
}


def told(entity: str = "server-01", action: str = "restart_service", **changed: Any) -> dict[str, Any]:
    detail = {
        "environment": "local",
        "model": "failure",
        "model_version": "failure/3",
        "entity": entity,
        "label": "failing",
        "risk": 0.93,
        "level": "critical",
        "recommended_action": action,
        "request_id": "request-1",
        "time": NOW.isoformat(),
        **changed,
    }
    return {"id": ID, "source": "ops-ml", "detail-type": "Prediction Above Threshold", "detail": detail}


class Ssm(Fake):
    service = "ssm"

    def __init__(self) -> None:
        super().__init__()
        self.by_token: dict[str, Any] = {}
        self.fails: list[ClientError] = []

    def StartAutomationExecution(self, ClientToken: str, **request: Any) -> Any:  # noqa: N802, N803
        if self.fails:
            raise self.fails.pop()
        self.by_token.setdefault(ClientToken, request)
        return {"AutomationExecutionId": f"{len(self.by_token):036d}"}


class Ecs(Fake):
    service = "ecs"

    def __init__(self) -> None:
        super().__init__()
        self.tasks = {"checkout": 1}

    def DescribeServices(self, services: list[str], **_: Any) -> Any:  # noqa: N802 - AWS's names
        found = [name for name in services if name in self.tasks]
        return {"services": [{"status": "ACTIVE", "desiredCount": self.tasks[name]} for name in found]}

    def UpdateService(self, service: str, desiredCount: int, **_: Any) -> Any:  # noqa: N802, N803
        self.tasks[service] = desiredCount
        return {}


class Autoscaling(Fake):
    service = "autoscaling"

    def __init__(self) -> None:
        super().__init__()
        self.desired = 4

    def DescribeAutoScalingGroups(self, AutoScalingGroupNames: list[str]) -> Any:  # noqa: N802, N803
        known = AutoScalingGroupNames == ["web-group"]
        return {"AutoScalingGroups": [{"DesiredCapacity": self.desired, "MaxSize": 6}] if known else []}

    def SetDesiredCapacity(self, DesiredCapacity: int, **_: Any) -> Any:  # noqa: N802, N803 - AWS's names
        self.desired = DesiredCapacity
        return {}


class World:
    def __init__(self) -> None:
        self.dynamo, self.ssm, self.ecs, self.autoscaling = StateTable(), Ssm(), Ecs(), Autoscaling()
        self.now = NOW

    def decisions(self) -> list[dict[str, Any]]:
        return [item for (pk, _), item in self.dynamo.items.items() if pk.startswith("decision#")]

    def statuses(self) -> list[str]:
        return [item["status"]["S"] for item in self.decisions()]

    def counted(self, model: str = "failure") -> dict[str, int]:
        return outcomes(self.dynamo, "state", [model])[model]

    def acts(self) -> int:
        return sum(
            name.startswith(("Start", "Update", "Set"))
            for client in (self.ssm, self.ecs, self.autoscaling)
            for name, _ in client.calls
        )


Make = Callable[..., Executor]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def executor(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    def make(mode: str = "act", actions: Any = ACTIONS) -> Executor:
        monkeypatch.setenv("MODE", mode)
        monkeypatch.setenv("ACTIONS", actions if isinstance(actions, str) else json.dumps(actions))
        monkeypatch.setenv("STATE_TABLE", "state")
        clients = {
            "dynamodb": world.dynamo,
            "ssm": world.ssm,
            "ecs": world.ecs,
            "autoscaling": world.autoscaling,
        }
        monkeypatch.setattr("boto3.client", lambda service, **_: clients[service])
        module.executor.cache_clear()
        made = module.executor()
        object.__setattr__(made, "now", lambda: world.now.timestamp())
        return made

    yield make
    module.executor.cache_clear()


def test_a_dry_run_touches_nothing_and_says_what_it_would_do(world: World, executor: Make) -> None:
    for number, (action, entity) in enumerate(
        [("restart_service", "i-1"), ("scale_out", "checkout"), ("add_capacity", "web")]
    ):
        event = told(entity, action) | {"id": ID[:-1] + str(number)}
        assert executor("dry-run").decide(event)["decision"] == "would_act"
    assert not world.ssm.calls
    assert not world.ecs.calls
    assert not world.autoscaling.calls
    assert [json.loads(item["call"]["S"]) for item in world.decisions()] == [
        {"document": "AWS-RestartEC2Instance", "parameters": {"InstanceId": ["i-1"]}},
        {"cluster": "main", "service": "checkout", "step": 2, "cap": 6},
        {"group": "web-group", "step": 3, "cap": 50},
    ]
    assert world.counted() == {"would_act": 3}


def test_an_action_that_is_not_allowed_is_ignored(world: World, executor: Make) -> None:
    assert executor().decide(told(action="wipe_disk"))["decision"] == "ignored"
    assert executor(actions="{}").decide(told())["decision"] == "ignored"
    assert (world.acts(), world.counted()) == (0, {"ignored": 1})


def test_an_automation_is_started_once_however_often_the_event_comes(world: World, executor: Make) -> None:
    answers = [executor().decide(told()) for _ in range(3)]
    assert [answer["decision"] for answer in answers] == ["acted"] * 3
    assert list(world.ssm.by_token.values()) == [
        {"DocumentName": "AWS-RestartEC2Instance", "Parameters": {"InstanceId": ["server-01"]}}
    ]
    assert (len(world.ssm.calls), world.statuses(), world.counted()) == (1, ["acted"], {"acted": 1})


def test_the_decision_is_recorded_before_it_is_acted_on(world: World, executor: Make) -> None:
    seen: list[list[str]] = []
    made = executor()

    def start(**_: Any) -> Any:
        seen.append(world.statuses())
        return {"AutomationExecutionId": "1"}

    world.ssm.__dict__["start_automation_execution"] = start
    made.decide(told())
    assert seen == [["pending"]]
    assert world.statuses() == ["acted"]


def test_scaling_is_bounded_by_step_and_cap(world: World, executor: Make) -> None:
    for number, after in enumerate((3, 5, 6, 6)):
        event = told("checkout", "scale_out") | {"id": ID[:-1] + str(number)}
        executor().decide(event)
        assert world.ecs.tasks["checkout"] == after
    assert world.statuses() == ["acted", "acted", "acted", "refused"]
    assert world.counted() == {"acted": 3, "refused": 1}


def test_a_group_is_never_raised_beyond_its_own_maximum(world: World, executor: Make) -> None:
    assert executor().decide(told("web", "add_capacity"))["decision"] == "acted"
    assert world.autoscaling.desired == 6


@pytest.mark.parametrize(("entity", "action"), [("nothing", "scale_out"), ("nothing", "add_capacity")])
def test_what_is_not_there_is_refused(world: World, executor: Make, entity: str, action: str) -> None:
    assert executor().decide(told(entity, action))["decision"] == "refused"
    assert world.acts() == 0


def test_a_failing_call_is_recorded_and_tried_again_with_the_same_token(world: World, executor: Make) -> None:
    world.ssm.fails = [refusal("StartAutomationExecution", "InternalServerError")] * 2
    for _ in range(2):
        with pytest.raises(ClientError):
            executor().decide(told())
        assert (world.statuses(), world.counted()) == (["failed"], {"failed": 1})
    assert executor().decide(told())["decision"] == "acted"
    assert (world.statuses(), world.counted()) == (["acted"], {"failed": 1, "acted": 1})
    assert len({request["ClientToken"] for _, request in world.ssm.calls}) == 1


def test_a_crash_after_scaling_does_not_scale_twice(world: World, executor: Make) -> None:
    executor().decide(told("checkout", "scale_out"))
    [item] = world.decisions()
    item["status"] = {"S": "pending"}
    assert executor().decide(told("checkout", "scale_out"))["decision"] == "acted"
    assert world.ecs.tasks["checkout"] == 3


def test_two_deliveries_at_once_aim_at_one_target(world: World, executor: Make) -> None:
    made, inner = executor(), list[Any]()
    describe = type(world.ecs).DescribeServices

    def once(self: Ecs, **request: Any) -> Any:
        if not inner:
            inner.append(None)
            inner[0] = made.decide(told("checkout", "scale_out"))["decision"]
            world.ecs.tasks["checkout"] += 1
        return describe(self, **request)

    world.ecs.__class__ = type("Racing", (Ecs,), {"DescribeServices": once})
    assert made.decide(told("checkout", "scale_out"))["decision"] == "acted"
    assert (inner, world.ecs.tasks["checkout"]) == (["acted"], 4)
    assert world.counted() == {"acted": 1}


def test_a_retry_that_comes_too_late_is_refused(world: World, executor: Make) -> None:
    world.ssm.fails = [refusal("StartAutomationExecution", "InternalServerError")]
    with pytest.raises(ClientError):
        executor().decide(told())
    world.now += timedelta(seconds=OLDEST_S + 1)
    assert executor().decide(told())["decision"] == "refused"
    assert world.statuses() == ["refused"]
    assert len(world.ssm.by_token) == 0


def test_switching_to_dry_run_stops_a_retry(world: World, executor: Make) -> None:
    world.ssm.fails = [refusal("StartAutomationExecution", "InternalServerError")]
    with pytest.raises(ClientError):
        executor().decide(told())
    assert executor("dry-run").decide(told())["decision"] == "refused"
    assert len(world.ssm.by_token) == 0


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"detail": 7},
        told() | {"id": "1"},
        told() | {"source": "aws.ec2"},
        told() | {"detail-type": "Other"},
        told(environment="prod"),
        told(model="../x"),
        told(entity="a b"),
        told(entity="x" * 129),
        told(entity=""),
        told(risk=1.5),
        told(risk=True),
        told(risk=float("nan")),
        told(risk="0.9"),
        told(recommended_action=7),
        told(recommended_action="a\nb"),
        told(time="yesterday"),
        told(time=(NOW - timedelta(hours=2)).isoformat()),
        told(time=(NOW + timedelta(hours=1)).isoformat()),
    ],
)
def test_a_bad_event_is_refused_once_and_never_raises(world: World, executor: Make, event: Any) -> None:
    for _ in range(2):
        assert executor().decide(event)["decision"] == "refused"
    assert (world.statuses(), world.acts()) == (["refused"], 0)
    assert sum(world.counted("failure").values()) + sum(world.counted("unknown").values()) == 1


@pytest.mark.parametrize("entity", ["arn:aws:ec2", "a/b", "host:22", "::1"])
def test_an_entity_that_may_not_stand_in_an_action(world: World, executor: Make, entity: str) -> None:
    assert executor().decide(told(entity))["decision"] == "refused"
    assert world.acts() == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(outer=JSON, detail=st.dictionaries(st.sampled_from(sorted(told()["detail"])), JSON))
def test_whatever_comes_is_read(outer: Any, detail: Any) -> None:
    assert read(outer, "local", NOW.timestamp()).faults
    order = read(told() | {"detail": detail}, "local", NOW.timestamp())
    assert order.faults
    assert order.entity
    assert len(f"{order.time}#{order.id}") < 1000


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"kind": "shell"}, "kind must be one of"),
        (7, "kind must be one of"),
        ({"kind": "ecs-scale", "cluster": "main"}, "needs cap, cluster, service, step"),
        (ACTIONS["scale_out"] | {"step": 11}, "step must be a whole number from 1 to 10"),
        (ACTIONS["scale_out"] | {"cap": 0}, "cap must be a whole number from 1 to 100"),
        (ACTIONS["scale_out"] | {"service": "{label}"}, "{entity} is the only placeholder"),
        (ACTIONS["restart_service"] | {"document": "a b"}, "document must be"),
        (ACTIONS["restart_service"] | {"parameters": {"X": ["{risk}"]}}, "parameters.X must be"),
        (ACTIONS["restart_service"] | {"parameters": {"X": "{entity}"}}, "parameters.X must be"),
    ],
)
def test_the_allow_list_is_checked_at_the_cold_start(executor: Make, entry: Any, why: str) -> None:
    with pytest.raises(ValueError, match="cannot start") as raised:
        executor(actions={"one": entry, "two": {"kind": "?"}})
    assert why in str(raised.value)
    assert "ACTIONS['two']" in str(raised.value)


@pytest.mark.parametrize(("mode", "actions"), [("ACT", ACTIONS), ("act", "no json"), ("act", "[]")])
def test_settings_are_checked_at_the_cold_start(executor: Make, mode: str, actions: Any) -> None:
    with pytest.raises(ValueError, match=r"MODE must be|ACTIONS"):
        executor(mode, actions)


def test_the_handler_answers_with_the_decision(executor: Make, context: Context) -> None:
    executor("dry-run")
    assert module.handler(told(), context) == {"decision": "would_act", "why": "dry run"}
