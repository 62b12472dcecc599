"""The table's stream, carried to the raw bucket."""

import jsii
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from constructs import Construct

from catalog.contract import LIVE
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.metrics import function_metric
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack

UNCARRIED = "aws/lambda/*"
"""Where in its bucket Lambda itself puts the batches that it gives up."""
MOST_BEHIND_MS = 3600 * 1000


@jsii.implements(lambda_.IEventSourceDlq)
class WholeBatches:
    """Batches that were given up, with their records; a queue would receive a pointer into the stream, which
    forgets after a day. The library's own destination grants the whole bucket."""

    def __init__(self, bucket: s3.IBucket) -> None:
        self._bucket = bucket

    def bind(
        self,
        target: lambda_.IEventSourceMapping,  # noqa: ARG002 the library passes both by name
        target_handler: lambda_.IFunction,
    ) -> lambda_.DlqDestinationConfig:
        for action, resource in (
            ("s3:PutObject", self._bucket.arn_for_objects(UNCARRIED)),
            ("s3:ListBucket", self._bucket.bucket_arn),
        ):
            target_handler.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
        return lambda_.DlqDestinationConfig(destination=self._bucket.bucket_arn)


class InsightArchive(Construct):
    """Carries what came through the API; bulk records lie in the bucket already."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        foundation: FoundationStack,
        layer: PayloadLayer,
    ) -> None:
        super().__init__(scope, id)
        unarchived = DeadLetters(
            self, "Unarchived", foundation=foundation, holds="insights that training cannot read"
        )
        function = PayloadFunction(
            self,
            "Archive",
            env=env,
            foundation=foundation,
            layer=layer,
            folder="archive",
            description="Carries new insights from the table's stream to the raw bucket",
            environment={"BUCKET": foundation.raw.bucket_name, "DEAD_LETTERS": unarchived.queue_url},
            timeout_s=60,
        )
        function.allow("s3:PutObject", on=[foundation.raw.arn_for_objects(f"insights/profile={LIVE}/*")])
        function.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])
        function.allow("sqs:SendMessage", on=[unarchived.queue_arn])
        from_api = {"dynamodb": {"NewImage": {"origin": {"S": lambda_.FilterRule.is_equal("api")}}}}
        function.add_event_source(
            sources.DynamoEventSource(
                foundation.table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=500,
                max_batching_window=Duration.seconds(env.archive_window_s),
                # no limit of attempts: an outage of S3 or the key may last, and the stream keeps a day
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                max_record_age=Duration.hours(23),
                on_failure=WholeBatches(foundation.raw),
                filters=[
                    lambda_.FilterCriteria.filter(
                        {"eventName": lambda_.FilterRule.or_("INSERT", "MODIFY"), **from_api}
                    )
                ],
            )
        )
        NotifyingAlarm(
            function,
            "Behind",
            topic_arn=foundation.topic.topic_arn,
            metric=function_metric(function.function_name, "IteratorAge", statistic="Maximum"),
            threshold=MOST_BEHIND_MS,
            description="Insights wait for the raw bucket for more than an hour; after 23 they are set aside",
        )
