"""The table's stream, carried to the raw bucket."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from stacks.bundling import Payloads, function_code
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.payload_function import PayloadFunction
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack


class InsightArchive(Construct):
    """Carries what came through the API; bulk records lie in the bucket already."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        foundation: FoundationStack,
        payloads: Payloads,
        layer: lambda_.ILayerVersion,
    ) -> None:
        super().__init__(scope, id)
        unarchived = DeadLetters(
            self, "Unarchived", foundation=foundation, holds="insights missing in the raw bucket"
        )
        function = PayloadFunction(
            self,
            "Archive",
            env=env,
            foundation=foundation,
            layer=layer,
            code=function_code(payloads, "archive"),
            folder="archive",
            description="Carries new insights from the table's stream to the raw bucket",
            environment={"BUCKET": foundation.raw.bucket_name, "DEAD_LETTERS": unarchived.queue_url},
            timeout_s=60,
        )
        function.allow("s3:PutObject", on=[foundation.raw.arn_for_objects("insights/profile=live/*")])
        function.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])
        function.allow("sqs:SendMessage", on=[unarchived.queue_arn])
        from_api = {"dynamodb": {"NewImage": {"origin": {"S": lambda_.FilterRule.is_equal("api")}}}}
        function.add_event_source(
            sources.DynamoEventSource(
                foundation.table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=500,
                max_batching_window=Duration.seconds(env.archive_window_s),
                retry_attempts=5,
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                max_record_age=Duration.hours(23),
                on_failure=sources.SqsDlq(unarchived),
                filters=[
                    lambda_.FilterCriteria.filter(
                        {"eventName": lambda_.FilterRule.or_("INSERT", "MODIFY"), **from_api}
                    )
                ],
            )
        )
