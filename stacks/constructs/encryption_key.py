"""The one customer-managed key of an environment."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.environments import Environment


class EncryptionKey(kms.Key):
    """Rotates yearly. Alarms, events and log groups of this account may use it, no one else's."""

    def __init__(self, scope: Construct, id: str, *, env: Environment) -> None:
        super().__init__(
            scope,
            id,
            alias=f"ops-ml/{env.name}",
            enable_key_rotation=True,
            pending_window=Duration.days(30 if env.retain else 7),
            removal_policy=RemovalPolicy.DESTROY if env.deletes_data else RemovalPolicy.RETAIN,
        )
        stack = Stack.of(self)
        for service in ("cloudwatch", "events"):
            self.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=f"{service.capitalize()}SendsToEncryptedTargets",
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=["*"],  # in a key policy this is the key itself
                    conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
                )
            )
        groups = stack.format_arn(service="logs", resource="log-group", resource_name="*").replace(
            "log-group/", "log-group:"
        )
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroupsAreEncrypted",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=[
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:DescribeKey",
                ],
                resources=["*"],  # in a key policy this is the key itself
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )
