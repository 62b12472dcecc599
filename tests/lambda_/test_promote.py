"""Promotion through CloudFormation: every way in which it can go, and two at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest

from promote import handler as module
from promote.champion import Champion
from promote.packages import PackageRefused, Packages
from promote.promotion import Promotion
from promote.stack import ServingStack, StackBroken, StackBusy, StackMissing
from tests.lambda_.conftest import Context
from tests.lambda_.fakes import TIME, CloudFormation, Registry, Ssm
from tests.models import ENDPOINTS

PARAMETER = "/ops-ml/local/m/champion"


@dataclass
class World:
    ssm: Ssm
    stack: CloudFormation
    registry: Registry
    promotion: Promotion

    @property
    def champion(self) -> str:
        return self.ssm.value(PARAMETER)


@pytest.fixture
def world() -> World:
    ssm, registry = Ssm(**{PARAMETER: "none"}), Registry("local-m")
    stack = CloudFormation("Local-M", PARAMETER, ssm)
    promotion = Promotion(
        Champion(ssm, PARAMETER), ServingStack(stack, "Local-M"), Packages(registry, "local-m")
    )
    return World(ssm, stack, registry, promotion)


def test_a_promotion_runs_and_is_done(world: World) -> None:
    package = world.registry.add(1)
    started = world.promotion.start(package)
    assert started == {"previous": "none", "stack": "Local-M", "state": "running"}
    assert world.promotion.check(package)["state"] == "running"
    world.stack.finish()
    assert world.promotion.check(package)["state"] == "done"
    assert world.stack.deployed == world.champion == package


def test_the_champion_promoted_again_is_current(world: World) -> None:
    package = world.registry.add(1)
    world.promotion.start(package)
    world.stack.finish()
    assert world.promotion.start(package)["state"] == "current"


def test_a_rollback_restores_the_previous_and_rejects_the_package(world: World) -> None:
    first, second = world.registry.add(1), world.registry.add(2)
    world.promotion.start(first)
    world.stack.finish()
    previous = world.promotion.start(second)["previous"]
    assert previous == first
    world.stack.finish("UPDATE_ROLLBACK_COMPLETE")
    world.stack.events = [
        {
            "LogicalResourceId": "Config",
            "ResourceStatus": "UPDATE_FAILED",
            "ResourceStatusReason": "cancelled",
        },
        {
            "LogicalResourceId": "Endpoint",
            "ResourceType": "AWS::SageMaker::Endpoint",
            "ResourceStatus": "UPDATE_FAILED",
            "ResourceStatusReason": "alarm\nrang",
        },
        {"LogicalResourceId": "Local-M", "ResourceStatus": "UPDATE_IN_PROGRESS"},
        {"LogicalResourceId": "Old", "ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": "long ago"},
    ]
    checked = world.promotion.check(second)
    assert checked == {"state": "rolled_back", "reason": "Endpoint: alarm\nrang"}
    restored = world.promotion.restore(second, previous)
    assert (restored["state"], world.champion) == ("restored", first)
    noted = world.registry.packages[second]
    assert noted["ModelApprovalStatus"] == "Rejected"
    assert noted["ApprovalDescription"].endswith("Endpoint: alarm rang")
    assert world.registry.packages[first]["ModelApprovalStatus"] == "Approved"
    assert world.promotion.restore(second, previous)["state"] == "restored"


def test_a_rolled_back_stack_takes_the_next_promotion(world: World) -> None:
    world.stack.status = "UPDATE_ROLLBACK_COMPLETE"
    assert world.promotion.start(world.registry.add(1))["state"] == "running"


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_only_approved_packages_are_promoted(world: World, status: str) -> None:
    with pytest.raises(PackageRefused, match=status):
        world.promotion.start(world.registry.add(1, status))
    assert world.champion == "none"


def test_another_models_package_is_refused(world: World) -> None:
    package = world.registry.add(1, ModelPackageGroupName="local-other")
    with pytest.raises(PackageRefused, match="local-other"):
        world.promotion.start(package)
    assert world.champion == "none"


def test_a_busy_stack_is_left_alone(world: World) -> None:
    world.stack.status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
    with pytest.raises(StackBusy):
        world.promotion.start(world.registry.add(1))
    assert [name for name, _ in world.ssm.calls if name == "PutParameter"] == []


def test_a_stack_that_turns_busy_gives_the_champion_back(world: World) -> None:
    def someone_else_updates() -> None:
        world.stack.status = "UPDATE_IN_PROGRESS"

    world.stack.before_update = someone_else_updates
    with pytest.raises(StackBusy):
        world.promotion.start(world.registry.add(1))
    assert world.champion == "none"


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"])
def test_a_broken_stack_is_named(world: World, status: str) -> None:
    world.stack.status = status
    with pytest.raises(StackBroken, match=status):
        world.promotion.start(world.registry.add(1))
    assert world.champion == "none"


def test_a_missing_stack_is_named(world: World) -> None:
    world.stack.name = "Elsewhere"
    with pytest.raises(StackMissing, match="Local-M does not exist"):
        world.promotion.start(world.registry.add(1))
    assert world.champion == "none"


def test_an_attempt_that_died_after_writing_is_taken_up(world: World) -> None:
    first, second = world.registry.add(1), world.registry.add(2)
    world.promotion.start(first)
    world.stack.finish()
    world.promotion.champion.write(second)
    assert world.promotion.start(second) == {"previous": first, "stack": "Local-M", "state": "running"}


def test_the_later_of_two_writers_steps_back(world: World) -> None:
    mine, other = world.registry.add(1), world.registry.add(2)
    read = Ssm.GetParameter

    def read_then_other_writes(ssm: Ssm, Name: str) -> object:  # noqa: N803 - AWS's name
        found = read(ssm, Name)
        if len(ssm.history[PARAMETER]) == 1:
            ssm.history[PARAMETER].append(other)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ssm, "GetParameter", read_then_other_writes)
        with pytest.raises(StackBusy):
            world.promotion.start(mine)
    assert world.champion == other


def test_a_stack_that_resolved_another_champion_is_updated_once_more(world: World) -> None:
    mine, other = world.registry.add(1), world.registry.add(2)
    world.promotion.start(mine)
    world.ssm.history[PARAMETER].append(other)
    world.stack.finish()
    assert world.promotion.check(mine)["state"] == "running"
    world.stack.finish()
    assert world.promotion.check(mine)["state"] == "done"
    assert world.stack.deployed == other


def test_a_restore_leaves_another_promotions_champion(world: World) -> None:
    mine, other = world.registry.add(1), world.registry.add(2)
    world.promotion.start(mine)
    world.ssm.history[PARAMETER].append(other)
    world.stack.finish("UPDATE_ROLLBACK_COMPLETE")
    assert world.promotion.restore(mine, "none")["state"] == "left"
    assert world.champion == other
    assert world.registry.packages[mine]["ModelApprovalStatus"] == "Approved"


def test_a_restore_that_does_not_hold_is_an_error(world: World) -> None:
    package = world.registry.add(1)
    world.promotion.champion.write(package)
    world.stack.status = "UPDATE_ROLLBACK_COMPLETE"
    with pytest.raises(RuntimeError, match="by hand"):
        world.promotion.restore(package, package)


def test_a_restore_waits_for_a_running_update(world: World) -> None:
    package = world.registry.add(1)
    world.promotion.start(package)
    with pytest.raises(StackBusy, match="UPDATE_IN_PROGRESS"):
        world.promotion.restore(package, "none")
    assert world.champion == package


def test_a_restore_keeps_what_the_stack_serves(world: World) -> None:
    package = world.registry.add(1)
    world.promotion.start(package)
    world.stack.finish()
    assert world.promotion.restore(package, "none")["state"] == "kept"
    assert world.champion == package
    assert world.registry.packages[package]["ModelApprovalStatus"] == "Approved"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("AWS::SageMaker::Endpoint", "ResourceLimitExceeded: The account-level service limit is 0"),
        ("AWS::SageMaker::Endpoint", "Unable to provision requested ML compute capacity"),
        ("AWS::SageMaker::Endpoint", "InsufficientInstanceCapacity"),
        ("AWS::SageMaker::EndpointConfig", "no such key"),
        ("AWS::CloudWatch::Alarm", "Rate exceeded"),
    ],
)
def test_a_package_is_not_rejected_for_what_is_not_its_fault(world: World, kind: str, reason: str) -> None:
    package = world.registry.add(1)
    world.promotion.start(package)
    world.stack.finish("UPDATE_ROLLBACK_COMPLETE")
    failed = {"LogicalResourceId": "X", "ResourceStatus": "UPDATE_FAILED", "ResourceType": kind}
    world.stack.events = [{**failed, "ResourceStatusReason": reason}]
    restored = world.promotion.restore(package, "none")
    assert (restored["state"], world.champion) == ("restored", "none")
    assert (
        restored["reason"] == f"X: {reason} (the package stays Approved: nothing shows that it is at fault)"
    )
    assert world.registry.packages[package]["ModelApprovalStatus"] == "Approved"


@pytest.mark.parametrize("version", [2, 9])
def test_an_older_package_is_not_promoted_by_an_old_approval(world: World, version: int) -> None:
    world.promotion.start(world.registry.add(10))
    world.stack.finish()
    older = world.registry.add(version, LastModifiedTime=TIME)
    started = world.promotion.start(older)
    assert started["state"] == "superseded"
    assert "older than" in started["reason"]
    assert world.champion.endswith("/10")


def test_an_older_package_that_is_approved_anew_is_promoted(world: World) -> None:
    world.promotion.start(world.registry.add(10))
    world.stack.finish()
    older = world.registry.add(9, LastModifiedTime=TIME + timedelta(seconds=1))
    assert world.promotion.start(older)["state"] == "running"
    assert world.champion == older


def test_the_handler_acts_for_every_model(
    world: World, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = {
        spec.name: {"parameter": PARAMETER, "stack": "Local-M", "group": "local-m"} for spec in ENDPOINTS
    }
    clients = {"ssm": world.ssm, "cloudformation": world.stack, "sagemaker": world.registry}
    monkeypatch.setenv("TARGETS", json.dumps(targets))
    monkeypatch.setattr("boto3.client", lambda service, **_: clients[service])
    module.promotions.cache_clear()
    module._client.cache_clear()
    for number, spec in enumerate(ENDPOINTS):
        event = {"model": spec.name, "package": world.registry.add(number)}
        started = module.handler({**event, "action": "start"}, context)
        world.stack.finish("UPDATE_ROLLBACK_COMPLETE")
        assert module.handler({**event, "action": "check"}, context)["state"] == "rolled_back"
        module.handler({**event, "action": "restore", "previous": started["previous"]}, context)
        assert world.champion == "none"
    with pytest.raises(module.UnknownModel, match="nothing"):
        module.handler({"action": "start", "model": "nothing", "package": "x"}, context)
    with pytest.raises(ValueError, match="action"):
        module.handler({**event, "action": "guess"}, context)
    module.promotions.cache_clear()
    module._client.cache_clear()
