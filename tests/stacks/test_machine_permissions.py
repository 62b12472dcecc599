"""Whatever a state machine calls, its role may do, on the very resource that the call names."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from catalog.spec import ModelSpec
from local.asl_requests import StepRequest, requests_of
from stacks.names import promotion_machine, training_machine, tuning_prefixes
from tests.models import LEARNED
from tests.stacks.assembly import Assembly, plain
from tests.stacks.test_permissions import listed

WAITING = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
JOB = ("Create", "Describe", "Stop")
NEEDED: dict[str, tuple[tuple[str, ...], str]] = {
    "CreateProcessingJob": (
        (*(f"sagemaker:{verb}ProcessingJob" for verb in JOB), "sagemaker:AddTags", "sagemaker:ListTags"),
        "processing-job/{ProcessingJobName}",
    ),
    "CreateHyperParameterTuningJob": (
        (
            *(f"sagemaker:{verb}HyperParameterTuningJob" for verb in JOB),
            "sagemaker:AddTags",
            "sagemaker:ListTags",
        ),
        "hyper-parameter-tuning-job/{HyperParameterTuningJobName}",
    ),
    "DescribeTrainingJob": (("sagemaker:DescribeTrainingJob",), "training-job/{TrainingJobName}"),
    "DescribeModelPackage": (("sagemaker:DescribeModelPackage",), "model-package/{ModelPackageName}"),
    "CreateModelPackage": (
        ("sagemaker:CreateModelPackage",),
        "model-package-group/{ModelPackageGroupName}",
    ),
    "GetParameter": (("ssm:GetParameter",), "parameter{Name}"),
    "SendMessage": (("sqs:SendMessage",), "{QueueUrl}"),
    "Publish": (("sns:Publish",), "{TopicArn}"),
}
"""Per call: the actions, as the integrations' pages list them, and what they are on. `.sync` jobs are also
described, stopped and tagged; AWS's page allows ListTags for them."""
models = pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)


def allowed(assembly: Assembly, machine: str) -> Iterator[tuple[str, str]]:
    """(action, resource pattern) of the machine's role."""
    found = assembly.resources("AWS::StepFunctions::StateMachine", "Training").values()
    (role,) = (
        each["Properties"]["RoleArn"]["Fn::GetAtt"][0]
        for each in found
        if each["Properties"]["StateMachineName"] == machine
    )
    for policy in assembly.resources("AWS::IAM::Policy", "Training").values():
        if {"Ref": role} in policy["Properties"]["Roles"]:
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                for action in listed(statement["Action"]):
                    yield from ((str(action), plain(each)) for each in listed(statement["Resource"]))


def known(value: Any, environment_model: str) -> str:
    """A parameter's value; what a run makes of it where it is an expression."""
    text = plain(value)
    if not text.startswith("{%"):
        return text
    if "'" in text:
        return text.split("'")[1] + "261121-a1b2c3-0"
    trial = f"{environment_model}-261121-a1b2c3-0-001-abc"
    return {"$trial": trial, "$states.input.trial": trial, "$package": ""}[text.strip("{% }")]


def lacking(may: list[tuple[str, str]], request: StepRequest, prefix: str) -> list[str]:
    """The actions of a call that no statement covers."""
    actions, form = NEEDED[request.operation]
    name = form.split("{")[1].rstrip("}")
    value = known(request.params[name], prefix)
    resource = form.replace(f"{{{name}}}", value)
    return [
        action
        for action in actions
        if not any(
            action == granted
            and (fnmatchcase(on, f"*{resource}*") or fnmatchcase(f"x:{resource}", f"*{last(on)}"))
            for granted, on in may
        )
    ]


def last(arn: str) -> str:
    """The resource part of an ARN; a stand-in for a reference is its own."""
    return ":" + arn.split(":", 5)[5] if arn.count(":") >= 5 else arn


@models
def test_training_may_do_all_that_it_calls(prod: Assembly, spec: ModelSpec) -> None:
    machine = training_machine(prod.environment, spec)
    may = list(allowed(prod, machine))
    calls = list(requests_of(prod.machines()[machine], ("sagemaker", "ssm", "sns", "sqs")))
    assert {call.operation for call in calls} == set(NEEDED)
    for call in calls:
        for prefix in tuning_prefixes(prod.environment, spec):
            assert lacking(may, call, prefix) == [], (call.state, prefix)
    assert {*WAITING, "iam:PassRole", "lambda:InvokeFunction"} <= {action for action, _ in may}


def test_promotion_may_do_all_that_it_calls(prod: Assembly) -> None:
    machine = promotion_machine(prod.environment)
    may = list(allowed(prod, machine))
    calls = list(requests_of(prod.machines()[machine], ("sagemaker", "ssm", "sns", "sqs")))
    assert {call.operation for call in calls} == {"SendMessage", "Publish"}
    for call in calls:
        assert lacking(may, call, "") == [], call.state
    assert "lambda:InvokeFunction" in {action for action, _ in may}


@pytest.mark.parametrize("operation", NEEDED)
def test_a_permission_for_something_else_does_not_count(operation: str) -> None:
    actions, form = NEEDED[operation]
    parameter = form.split("{")[1].rstrip("}")
    request = StepRequest("Any", "any", operation, {parameter: "prod-iops-risk-1"})
    others = [(action, "arn:aws:any:us-east-1:000000000000:other/prod-iops-risk-*") for action in actions]
    assert lacking(others, request, "") == list(actions)
    assert lacking([], request, "") == list(actions)
