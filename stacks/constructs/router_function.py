"""The function that chooses a platform for each request, has it served there and records what came of it."""

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from catalog.spec import ModelSpec, Router
from stacks.constructs.metrics import model_count
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.outcome_stream import OutcomeStream
from stacks.constructs.payload_function import PayloadLayer
from stacks.constructs.serving_function import ServingFunction
from stacks.constructs.twin_network import TwinNetwork
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import arn, exploration_parameter, router_function
from stacks.placements import PlacementSettings

INTERFACE_ACTIONS = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
MOST_FAILED_OVER = 10
"""Within five minutes; now and then a platform throttles, which is what the other one is for."""


class RouterFunction(ServingFunction):
    """Runs in the VPC: the load balancer is reached from nowhere else."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        settings: PlacementSettings,
        spec: ModelSpec,
        serving: Router,
        models: Mapping[str, ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
        inference: Sequence[PayloadLayer],
        network: TwinNetwork,
        twin: lambda_.IFunction,
        service_url: str,
        outcomes: OutcomeStream,
    ) -> None:
        exploration = exploration_parameter(env, spec)
        super().__init__(
            scope,
            id,
            env=env,
            spec=spec,
            serving=serving,
            models=models,
            foundation=foundation,
            layer=layer,
            inference=inference,
            name=router_function(env),
            description=f"Sends work where it is served better: {spec.contract.title}",
            vpc=network.vpc,
            security_group=network.router,
            environment={
                "FUNCTION_TWIN": twin.function_name,
                "SERVICE_URL": service_url,
                "OUTCOMES": outcomes.name,
                "DEAD_LETTERS": outcomes.unrecorded.queue_url,
                "EXPLORATION": exploration,
            },
        )
        stack = Stack.of(self)
        ssm.CfnParameter(
            self,
            "Exploration",
            name=exploration,
            type="String",
            value=f"{settings.explored_percent:g}",
            description="Percent of requests that both platforms serve, to compare them; 0 turns it off",
        )
        self.allow("ssm:GetParameters", on=[arn(stack, "ssm", f"parameter{exploration}")])
        self.allow("lambda:InvokeFunction", on=[twin.function_arn])
        self.allow("firehose:PutRecord", on=[outcomes.arn])
        self.allow("sqs:SendMessage", on=[outcomes.unrecorded.queue_arn])
        self._may_join(env, stack)
        NotifyingAlarm(
            self,
            "FailedOver",
            topic_arn=foundation.topic.topic_arn,
            metric=model_count(env.name, spec.name, "FailedOver"),
            threshold=MOST_FAILED_OVER,
            description=f"{router_function(env)}: a platform fails or is throttled; the other serves instead",
        )

    def _may_join(self, env: Environment, stack: Stack) -> None:
        """Lambda makes the function's network interfaces by its role; the function's own code may not."""
        self.allow(*INTERFACE_ACTIONS, on=["*"])  # interfaces are not known beforehand
        own = arn(stack, "lambda", f"function:{router_function(env)}")
        self.add_to_role_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=list(INTERFACE_ACTIONS),
                resources=["*"],
                conditions={"ArnEquals": {"lambda:SourceFunctionArn": own}},
            )
        )
