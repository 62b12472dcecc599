"""Where alarms and failed executions are told."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.environments import Environment


class AlarmTopic(sns.Topic):
    """Encrypted, TLS only; CloudWatch of this account may publish."""

    def __init__(self, scope: Construct, id: str, *, env: Environment, key: kms.IKey) -> None:
        super().__init__(
            scope, id, display_name=f"Alarms of the {env.name} environment", master_key=key, enforce_ssl=True
        )
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        if env.alarm_email:
            self.add_subscription(subscriptions.EmailSubscription(env.alarm_email))
