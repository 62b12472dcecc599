"""All state of an environment: key, buckets, table, registry, alarm topic, network."""

from collections.abc import Sequence

from aws_cdk import CfnOutput
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.constructs.alarm_topic import AlarmTopic
from stacks.constructs.data_bucket import AccessLogBucket, DataBucket, expiry, tier
from stacks.constructs.encryption_key import EncryptionKey
from stacks.constructs.experiment_tracking import ExperimentTracking
from stacks.constructs.insight_table import InsightTable
from stacks.constructs.keyed_table import KeyedTable
from stacks.constructs.model_registry import ModelRegistry
from stacks.constructs.private_network import PrivateNetwork
from stacks.environments import Environment
from stacks.names import model_id
from stacks.zoned_stack import ZonedStack

COLD = (tier(s3.StorageClass.INFREQUENT_ACCESS, 30), tier(s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, 120))
CHECKPOINT_DAYS = 7
"""A spot trial resumes within hours or not at all."""
CAPTURE_DAYS = 90
"""Long enough to compare two trainings' worth of requests; they hold callers' data."""
RUN_DAYS = 180
"""Prepared splits are derived from the raw bucket, which is kept; the newest runs are asked for."""

ATHENA_RESULTS, ATHENA_DAYS = "athena/", 7
"""Where in the processed bucket results of queries lie, which can be asked again."""


class FoundationStack(ZonedStack):
    """Outlives the others; each of them reads only this one."""

    def __init__(self, scope: Construct, id: str, *, env: Environment, models: Sequence[ModelSpec]) -> None:
        super().__init__(scope, id, description=f"Operations ML, {env.name}: data, keys and registry")
        self.key = EncryptionKey(self, "Key", env=env)
        self.access_logs = logs = AccessLogBucket(self, "AccessLogs", env=env)
        self.raw = DataBucket(self, "Raw", env=env, key=self.key, access_logs=logs, transitions=COLD)
        learned = [spec for spec in models if spec.training]
        names = [spec.name for spec in learned]
        self.processed = DataBucket(
            self,
            "Processed",
            env=env,
            key=self.key,
            access_logs=logs,
            # the coldest class is paid for 90 days at least, longer than a run is left to lie there
            transitions=COLD[:1],
            expiries=[
                rule
                for name in names
                for rule in (expiry(f"{name}/capture/", CAPTURE_DAYS), expiry(f"{name}/", RUN_DAYS))
            ]
            + [expiry(ATHENA_RESULTS, ATHENA_DAYS)],
        )
        # trials stay, colder after a month: nothing in its name tells the one that became the champion
        self.models = DataBucket(
            self,
            "Models",
            env=env,
            key=self.key,
            access_logs=logs,
            transitions=COLD[:1],
            expiries=[expiry(f"{name}/checkpoints/", CHECKPOINT_DAYS) for name in names],
        )
        self.table = InsightTable(self, "Insights", env=env, key=self.key)
        self.state = KeyedTable(self, "State", env=env, key=self.key, partition="pk", sort="sk")
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=f"{env.name}-ops-ml",
            kms_key=self.key,
            description="What models foretell",
        )
        self.topic = AlarmTopic(self, "AlarmTopic", env=env, key=self.key)
        self.network = (
            PrivateNetwork(self, "Network", env=env, network=env.network, key=self.key)
            if env.network
            else None
        )
        self.tracking = ExperimentTracking(self, "Tracking", env=env, models=self.models, key=self.key)
        registry = Construct(self, "Registry")
        for spec in learned:
            ModelRegistry(registry, model_id(spec), env=env, spec=spec)
        self._tell()

    def _tell(self) -> None:
        CfnOutput(self, "RawBucket", value=self.raw.bucket_name)
        CfnOutput(self, "ProcessedBucket", value=self.processed.bucket_name)
        CfnOutput(self, "ModelsBucket", value=self.models.bucket_name)
        CfnOutput(self, "TableName", value=self.table.table_name)
        CfnOutput(self, "StateTableName", value=self.state.table_name)
        CfnOutput(self, "AlarmTopicArn", value=self.topic.topic_arn)
