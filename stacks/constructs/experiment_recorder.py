"""Carries what trainings and promotions tell into MLflow, whenever MLflow can be reached."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.experiment_tracking import ARTIFACTS
from stacks.constructs.metrics import HOUR, queue_age
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer, native_layers
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import arn, scoped, tracking_parameter, tuning_prefixes

TIMEOUT_S = 180
TRIES = 175
"""Seven days of them, as the function spaces them; another fourteen then lie in the dead-letter queue."""
LATE_HOURS = 6
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # the queue is what waits, not the function
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
    # the only folder that a function may write to
    "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108
    "GIT_PYTHON_REFRESH": "quiet",
}
DATA_PLANE = (
    *("CreateExperiment", "GetExperimentByName"),
    *("CreateRun", "GetRun", "LogBatch", "LogInputs", "SearchRuns", "SetTag", "UpdateRun"),
    *("CreateRegisteredModel", "CreateModelVersion", "SearchModelVersions"),
    *("SetModelVersionTag", "SetRegisteredModelAlias"),
)
"""What the recorder asks of MLflow."""


class ExperimentRecorder(Construct):
    """`queue` takes the messages: a group for each model, whose messages are recorded one after the other."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
    ) -> None:
        super().__init__(scope, id)
        self.queue = self._queue(foundation)
        record = PayloadFunction(
            self,
            "Record",
            env=env,
            foundation=foundation,
            layer=layer,
            more_layers=native_layers(self, "Layer", env=env, payloads=layer.payloads, name="tracking"),
            folder="record",
            description="Records trainings and promotions in MLflow",
            environment={
                "QUEUE_URL": self.queue.queue_url,
                "TRACKING": tracking_parameter(env),
                **SETTINGS,
            },
            timeout_s=TIMEOUT_S,
            memory_mb=1024,
        )
        _grant(record, env, models, foundation, self.queue)
        lambda_.CfnEventSourceMapping(
            self,
            "Messages",
            function_name=record.function_arn,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
            function_response_types=["ReportBatchItemFailures"],
        ).node.add_dependency(record.role)  # it reads the queue as soon as it is there

    def may_be_told(self) -> iam.PolicyStatement:
        """For a state machine whose role may use the key already."""
        return iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.queue.queue_arn])

    def _queue(self, foundation: FoundationStack) -> sqs.Queue:
        holds = "trainings and promotions that MLflow does not know of"
        unrecorded = DeadLetters(self, "Unrecorded", foundation=foundation, holds=holds, fifo=True)
        queue = sqs.Queue(
            self,
            "Queue",
            fifo=True,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=foundation.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            visibility_timeout=Duration.seconds(6 * TIMEOUT_S),
            dead_letter_queue=sqs.DeadLetterQueue(queue=unrecorded, max_receive_count=TRIES),
        )
        NotifyingAlarm(
            queue,
            "Late",
            topic_arn=foundation.topic.topic_arn,
            metric=queue_age(queue.queue_name),
            threshold=LATE_HOURS * HOUR,
            description=f"Experiments have waited {LATE_HOURS} hours to be recorded: is MLflow reachable?",
        )
        return queue


def _grant(
    record: PayloadFunction,
    env: Environment,
    models: Sequence[ModelSpec],
    foundation: FoundationStack,
    queue: sqs.Queue,
) -> None:
    stack = Stack.of(record)

    def own(resources: list[str], service: str = "sagemaker") -> list[str]:
        return [arn(stack, service, each) for each in resources]

    prefixes = [prefix for spec in models for prefix in tuning_prefixes(env, spec)]
    record.allow(
        *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
        on=[queue.queue_arn],
    )
    record.allow("ssm:GetParameter", on=own([f"parameter{tracking_parameter(env)}"], "ssm"))
    record.allow(
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        on=own([f"hyper-parameter-tuning-job/{prefix}-*" for prefix in prefixes]),
    )
    record.allow("sagemaker:DescribeTrainingJob", on=own([f"training-job/{prefix}-*" for prefix in prefixes]))
    record.allow(
        "sagemaker:DescribeModelPackage",
        on=own([f"model-package/{scoped(env, spec)}/*" for spec in models]),
    )
    evaluations = [foundation.processed.arn_for_objects(f"{spec.name}/*/evaluation/*") for spec in models]
    record.allow("s3:GetObject", on=evaluations)
    # without it S3 calls an object that has expired forbidden
    record.allow("s3:ListBucket", on=[foundation.processed.bucket_arn])
    record.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])
    if foundation.tracking.app_arn:
        actions = ("sagemaker:CallMlflowAppApi", *(f"sagemaker-mlflow:{name}" for name in DATA_PLANE))
        record.allow(*actions, on=[foundation.tracking.app_arn])
        # the client writes artifacts to the app's store itself
        record.allow("s3:PutObject", on=[foundation.models.arn_for_objects(f"{ARTIFACTS}/*")])
