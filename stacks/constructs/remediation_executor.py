"""What is done about predictions above their threshold: nothing that the environment did not list."""

import json
from typing import cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import arn
from stacks.remediations import HOLE, ROLE, Action, Automation, EcsScale, Remediation

SOURCE, DETAIL_TYPE = "ops-ml", "Prediction Above Threshold"
TRIES, HOURS = 8, 2
"""Of the bus, until the function's own queue has an event. A remedy that comes later than this is none."""


class RemediationExecutor(Construct):
    """Hears the bus, decides once per event, and keeps every decision in the state table."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        remediation: Remediation,
        foundation: FoundationStack,
        layer: PayloadLayer,
    ) -> None:
        super().__init__(scope, id)
        function = PayloadFunction(
            self,
            "Remediate",
            env=env,
            foundation=foundation,
            layer=layer,
            folder="remediate",
            description=f"Decides on recommended actions ({remediation.mode})",
            environment={
                "MODE": remediation.mode,
                "ACTIONS": json.dumps(
                    {name: action.entry() for name, action in remediation.actions}, sort_keys=True
                ),
                "STATE_TABLE": foundation.state.table_name,
            },
        )
        function.allow_items(
            *("GetItem", "PutItem", "UpdateItem"), of=foundation.state, keys=["decision#*", "counter#*"]
        )
        function.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])
        if remediation.mode == "act":
            for _, action in remediation.actions:
                _grant(function, action)
        undecided = DeadLetters(
            self, "Undecided", foundation=foundation, holds="predictions above their threshold, undecided"
        )
        _keep_failures(function, undecided)
        events.Rule(
            self,
            "Told",
            description="A prediction lies above its model's threshold",
            event_bus=foundation.bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=[DETAIL_TYPE]),
            targets=[
                targets.LambdaFunction(
                    function,
                    dead_letter_queue=undecided,
                    retry_attempts=TRIES,
                    max_event_age=Duration.hours(HOURS),
                )
            ],
        )


def _keep_failures(function: PayloadFunction, queue: DeadLetters) -> None:
    """The bus hands an event over to the function's own queue, and is done. What fails there is tried twice
    more, then dropped unless the function names a queue itself."""
    resource = cast(lambda_.CfnFunction, function.node.default_child)
    resource.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=queue.queue_arn)
    function.allow("sqs:SendMessage", on=[queue.queue_arn])


def _grant(function: PayloadFunction, action: Action) -> None:
    """Any entity's, where the action names one: which it will be is not known before."""
    stack = Stack.of(function)
    if isinstance(action, Automation):
        owner = "" if action.document.startswith("AWS") else stack.account
        place = f"arn:{stack.partition}:ssm:{stack.region}:{owner}"
        # an execution's id is not known before; older accounts know a document as a definition
        on = [
            f"{place}:document/{action.document}",
            f"{place}:automation-definition/{action.document}:*",
            arn(stack, "ssm", "automation-execution/*"),
        ]
        function.allow("ssm:StartAutomationExecution", on=on)
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=list(dict(action.parameters)[ROLE]),
                conditions={"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}},
            )
        )
    elif isinstance(action, EcsScale):
        service = f"service/{action.cluster}/{action.service}".replace(HOLE, "*")
        function.allow("ecs:DescribeServices", "ecs:UpdateService", on=[arn(stack, "ecs", service)])
    else:
        group = f"autoScalingGroup:*:autoScalingGroupName/{action.group}".replace(HOLE, "*")
        function.allow("autoscaling:SetDesiredCapacity", on=[arn(stack, "autoscaling", group)])
        # the action takes no resource
        function.allow("autoscaling:DescribeAutoScalingGroups", on=["*"])
