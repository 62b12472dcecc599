"""What came of the requests that were placed, gathered into the raw bucket for the next training."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from catalog.contract import LIVE
from catalog.spec import ModelSpec
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.metrics import delivery_metric
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.service_log_group import ServiceLogGroup
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import outcome_stream
from stacks.placements import PlacementSettings

DAY = "date=!{timestamp:yyyy-MM-dd}/"
BUFFER_MB = 64
LOG_STREAM = "Delivery"
MOST_BEHIND_S = 3600


class OutcomeStream(Construct):
    """JSON lines below the records of its model; whoever sends a record ends it with a new line."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        settings: PlacementSettings,
        spec: ModelSpec,
        foundation: FoundationStack,
    ) -> None:
        super().__init__(scope, id)
        self.name, self.unrecorded = (
            outcome_stream(env),
            DeadLetters(
                self, "Unrecorded", foundation=foundation, holds="outcomes that the stream did not take"
            ),
        )
        group = ServiceLogGroup(self, "Log", env=env, key=foundation.key)
        lines = logs.CfnLogStream(
            self, "LogStream", log_group_name=group.log_group_name, log_stream_name=LOG_STREAM
        )
        record = spec.contract.record.name
        # what could not be delivered lies beside the records, where no training reads it
        kept, refused = f"{record}/profile={LIVE}/", f"errors/{record}/"
        role = self._role(foundation, group, kept, refused)
        stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_name=self.name,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="CUSTOMER_MANAGED_CMK", key_arn=foundation.key.key_arn
                )
            ),
            extended_s3_destination_configuration=(
                firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                    bucket_arn=foundation.raw.bucket_arn,
                    role_arn=role.role_arn,
                    prefix=f"{kept}{DAY}",
                    error_output_prefix=f"{refused}!{{firehose:error-output-type}}/{DAY}",
                    file_extension=".jsonl",
                    custom_time_zone="UTC",
                    compression_format="UNCOMPRESSED",
                    buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                        interval_in_seconds=settings.outcome_window_s, size_in_m_bs=BUFFER_MB
                    ),
                    cloud_watch_logging_options=(
                        firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                            enabled=True, log_group_name=group.log_group_name, log_stream_name=LOG_STREAM
                        )
                    ),
                )
            ),
        )
        stream.node.add_dependency(role, lines)
        self.arn = stream.attr_arn
        NotifyingAlarm(
            self,
            "Behind",
            topic_arn=foundation.topic.topic_arn,
            metric=delivery_metric(self.name, "DeliveryToS3.DataFreshness"),
            threshold=MOST_BEHIND_S,
            description=f"{self.name}: outcomes wait for the raw bucket for more than an hour; a day is kept",
        )

    def _role(self, foundation: FoundationStack, group: logs.ILogGroup, kept: str, refused: str) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
        objects = [foundation.raw.arn_for_objects(f"{prefix}*") for prefix in (kept, refused)]
        for actions, resources in (
            (["s3:AbortMultipartUpload", "s3:PutObject"], objects),
            (
                ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                [foundation.raw.bucket_arn],
            ),
            (["kms:Decrypt", "kms:GenerateDataKey"], [foundation.key.key_arn]),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        group.grant_write(role)
        return role
