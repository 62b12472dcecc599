"""The table that receives every insight."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.keyed_table import KeyedTable
from stacks.environments import Environment


class InsightTable(KeyedTable):
    """One item per volume and window; its stream carries new items to the raw bucket."""

    def __init__(self, scope: Construct, id: str, *, env: Environment, key: kms.IKey) -> None:
        super().__init__(
            scope,
            id,
            env=env,
            key=key,
            partition="volume_id",
            sort="timestamp",
            name=env.table_name,
            stream=dynamodb.StreamViewType.NEW_IMAGE,
        )
