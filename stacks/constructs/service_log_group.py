"""A log group as every service of ours gets one."""

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.environments import Environment


class ServiceLogGroup(logs.LogGroup):
    """Encrypted with the environment's key, kept as long as the environment says, gone with its stack."""

    def __init__(
        self, scope: Construct, id: str, *, env: Environment, key: kms.IKey, name: str | None = None
    ) -> None:
        super().__init__(
            scope, id, log_group_name=name, encryption_key=key, removal_policy=RemovalPolicy.DESTROY
        )
        group = cast(logs.CfnLogGroup, self.node.default_child)
        group.retention_in_days = env.log_retention_days
