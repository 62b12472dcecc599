"""The table that receives every insight."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.data_bucket import removal
from stacks.environments import Environment


class InsightTable(dynamodb.Table):
    """One item per volume and window; its stream carries new items to the raw bucket."""

    def __init__(self, scope: Construct, id: str, *, env: Environment, key: kms.IKey) -> None:
        super().__init__(
            scope,
            id,
            table_name=env.table_name,
            partition_key=dynamodb.Attribute(name="volume_id", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="timestamp", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at",
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            deletion_protection=env.retain,
            removal_policy=removal(env),
        )
