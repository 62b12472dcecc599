"""The executor: what it may do, and where the events are that it could not decide on."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from stacks.environments import LOCAL
from stacks.remediations import ROLE, Automation, Remediation
from tests.stacks.assembly import Assembly, plain
from tests.stacks.conftest import Synthesize
from tests.stacks.test_permissions import listed

RUNS_AS = "arn:aws:iam::000000000000:role/remedies"
PARAMETERS = (("InstanceId", ("{entity}",)), (ROLE, (RUNS_AS,)))
ACTING = Remediation((("restart_service", Automation("AWS-RestartEC2Instance", PARAMETERS)),), mode="act")


@pytest.fixture(scope="module")
def acting(synthesized: Synthesize) -> Assembly:
    return synthesized(dataclasses.replace(LOCAL, remediation=ACTING))


def statements(assembly: Assembly) -> list[dict[str, Any]]:
    return [each for name, each in assembly.statements() if name.startswith("Api/RemediationRemediate")]


def resources(assembly: Assembly, action: str) -> set[str]:
    found = [each["Resource"] for each in statements(assembly) if action in listed(each["Action"])]
    return {plain(each) for some in found for each in listed(some)}


def test_what_fails_in_the_function_is_kept_as_what_never_came_there(local: Assembly) -> None:
    """The bus calls functions asynchronously, so that its own retries and queue never see their errors."""
    functions = local.resources("AWS::Lambda::Function", "Api")
    (function,) = (each for name, each in functions.items() if name.startswith("RemediationRemediate"))
    queue = function["Properties"]["DeadLetterConfig"]["TargetArn"]
    rules = local.resources("AWS::Events::Rule", "Api").values()
    assert [each["Properties"]["Targets"][0]["DeadLetterConfig"]["Arn"] for each in rules] == [queue]
    assert resources(local, "sqs:SendMessage") == {plain(queue)}


def test_a_dry_run_may_touch_nothing(local: Assembly) -> None:
    actions = {str(action) for each in statements(local) for action in listed(each["Action"])}
    assert {each.partition(":")[0] for each in actions} <= {"dynamodb", "kms", "logs", "sqs", "xray"}


def test_an_automation_may_be_started_by_its_document_and_as_its_role(acting: Assembly) -> None:
    place = "arn:aws:ssm:us-east-1:"
    assert resources(acting, "ssm:StartAutomationExecution") == {
        f"{place}:document/AWS-RestartEC2Instance",
        f"{place}:automation-definition/AWS-RestartEC2Instance:*",
        f"{place}000000000000:automation-execution/*",
    }
    assert resources(acting, "iam:PassRole") == {RUNS_AS}
