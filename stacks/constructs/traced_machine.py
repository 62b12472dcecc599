"""A state machine as every one of ours is: named, logged, traced, watched."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.constructs.metrics import machine_metric
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.service_log_group import ServiceLogGroup
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import machine_arn

FAILURES = {"ExecutionsFailed": "failed", "ExecutionsTimedOut": "timed out"}


class TracedMachine(sfn.StateMachine):
    """Log names carry no data: inputs and outputs stay out of the log group."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        foundation: FoundationStack,
        name: str,
        definition: dict[str, Any],
        statements: list[iam.PolicyStatement],
    ) -> None:
        place = Construct(scope, id)
        stack = Stack.of(place)
        role = iam.Role(place, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        for statement in statements:
            role.add_to_policy(statement)
        super().__init__(
            place,
            "Machine",
            state_machine_name=name,
            role=role,
            definition_body=sfn.DefinitionBody.from_string(stack.to_json_string(definition)),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=ServiceLogGroup(
                    place, "Log", env=env, key=foundation.key, name=f"/aws/vendedlogs/states/{name}"
                ),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        arn = machine_arn(stack, name)
        for metric, verb in FAILURES.items():
            NotifyingAlarm(
                place,
                metric,
                topic_arn=foundation.topic.topic_arn,
                metric=machine_metric(arn, metric),
                threshold=0,
                description=f"An execution of {name} {verb}",
            )
