"""From an approved package to the champion that serves, through CloudFormation, and back when that fails."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.experiment_recorder import ExperimentRecorder
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.constructs.promotion_definition import promotion_definition
from stacks.constructs.traced_machine import TracedMachine
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.guardrails import Canary
from stacks.names import (
    arn,
    candidate_parameter,
    champion_parameter,
    model_id,
    promotion_machine,
    scoped,
    serving_stack,
    undo_alarms,
)


class ModelPromotion(Construct):
    """Starts when a package of ours becomes Approved, by the gate or by a person."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
        recorder: ExperimentRecorder,
    ) -> None:
        super().__init__(scope, id)
        places = {spec.name: _target(env, spec) for spec in models}
        promote = PayloadFunction(
            self,
            "Promote",
            env=env,
            foundation=foundation,
            layer=layer,
            folder="promote",
            description="Writes the champion and updates the stack that serves it",
            environment={},
            settings={"targets": places},
            timeout_s=60,
        )
        _grant(promote, env, models)
        machine = TracedMachine(
            self,
            "Promotion",
            env=env,
            foundation=foundation,
            name=promotion_machine(env),
            definition=promotion_definition(
                env,
                promote_arn=promote.function_arn,
                topic_arn=foundation.topic.topic_arn,
                tracking_url=recorder.queue.queue_url,
            ),
            statements=[*_statements(promote, foundation), recorder.may_be_told()],
        )
        unheard = DeadLetters(
            self, "Unheard", foundation=foundation, holds="approvals that started no promotion"
        )
        for spec in models:
            events.Rule(
                self,
                model_id(spec),
                description=f"An approved package of {scoped(env, spec)} is promoted",
                event_pattern=_approval(scoped(env, spec)),
                targets=[
                    targets.SfnStateMachine(
                        machine,
                        dead_letter_queue=unheard,
                        input=events.RuleTargetInput.from_object(
                            {
                                "model": spec.name,
                                "package": events.EventField.from_path("$.detail.ModelPackageArn"),
                            }
                        ),
                    )
                ],
            )


def _target(env: Environment, spec: ModelSpec) -> dict[str, str]:
    """What the promote function must know of one model: strings, as it reads them."""
    known = {"parameter": champion_parameter(env, spec), "group": scoped(env, spec)}
    if spec.endpoint:
        return {**known, "stack": serving_stack(env, spec)}
    guard = env.guardrail
    return {
        **known,
        "candidate": candidate_parameter(env, spec),
        "function": scoped(env, spec),
        "alarms": ",".join(undo_alarms(env, spec).values()),
        "percent": str(guard.percent if isinstance(guard, Canary) else 100),
        "wait_s": str(guard.wait_s if isinstance(guard, Canary) else 0),
        "bake_s": str(guard.bake_s),
    }


def _approval(group: str) -> events.EventPattern:
    """Edits of an Approved package's other fields are no approvals; a new package names no changed field."""
    detail: dict[str, Any] = {
        "ModelPackageGroupName": [group],
        "ModelApprovalStatus": ["Approved"],
        "$or": [
            {"UpdatedModelPackageFields": ["ModelApprovalStatus"]},
            {"UpdatedModelPackageFields": [{"exists": False}]},
        ],
    }
    return events.EventPattern(
        source=["aws.sagemaker"], detail_type=["SageMaker Model Package State Change"], detail=detail
    )


def _grant(promote: PayloadFunction, env: Environment, models: Sequence[ModelSpec]) -> None:
    """The stacks keep the role they were deployed with, so nothing is passed here."""
    stack = Stack.of(promote)

    def arns(service: str, resources: list[str]) -> list[str]:
        return [arn(stack, service, each) for each in resources]

    functions = [spec for spec in models if spec.function]
    serving = [f"stack/{serving_stack(env, spec)}/*" for spec in models if spec.endpoint]
    champions = [f"parameter{champion_parameter(env, spec)}" for spec in models]
    champions += [f"parameter{candidate_parameter(env, spec)}" for spec in functions]
    packages = [f"model-package/{scoped(env, spec)}/*" for spec in models]
    promote.allow(
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:UpdateStack",
        on=arns("cloudformation", serving),
    )
    # UpdateStack resolves the champion as its caller
    promote.allow("ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter", on=arns("ssm", champions))
    if functions:
        promote.allow(
            "lambda:InvokeFunction",
            on=arns("lambda", [f"function:{scoped(env, spec)}" for spec in functions]),
        )
        # the action knows alarms by name only in its request
        promote.allow("cloudwatch:DescribeAlarms", on=["*"])
    promote.allow(
        "sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage", on=arns("sagemaker", packages)
    )


def _statements(promote: PayloadFunction, foundation: FoundationStack) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[promote.function_arn]),
        iam.PolicyStatement(actions=["sns:Publish"], resources=[foundation.topic.topic_arn]),
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[foundation.key.key_arn]
        ),
    ]
