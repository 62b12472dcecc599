"""How every table is kept: on demand, encrypted with the environment's key, restorable, forgetting by TTL."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.data_bucket import removal
from stacks.environments import Environment


class KeyedTable(dynamodb.Table):
    """A table of text keys; `expires_at` (seconds since 1970) says when an item may go."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        key: kms.IKey,
        partition: str,
        sort: str,
        name: str | None = None,
        stream: dynamodb.StreamViewType | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            table_name=name,
            partition_key=dynamodb.Attribute(name=partition, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=sort, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at",
            stream=stream,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            deletion_protection=env.retain,
            removal_policy=removal(env),
        )
