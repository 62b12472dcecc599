"""What collects one data set: a function, a schedule per region, and what it may do."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from catalog import names
from catalog.dataset import HOUR, MINUTE, Dataset
from catalog.datasets import gaps
from stacks.collecting import CollectionSettings
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.metrics import Metric, collection_metric
from stacks.constructs.missed_schedules import MissedSchedules
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack

MOST_THROTTLED = 50
"""In an hour, three times in a row: botocore and the collector have waited before each."""


class DatasetCollector(Construct):
    """Its role reads what the data set is made of, and writes below the data set's own names."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        settings: CollectionSettings,
        dataset: Dataset,
        foundation: FoundationStack,
        layer: PayloadLayer,
        parquet: Sequence[PayloadLayer],
        missed: MissedSchedules,
        misfits: DeadLetters,
    ) -> None:
        super().__init__(scope, id)
        regions = settings.places(env.region)
        function = PayloadFunction(
            self,
            "Collect",
            env=env,
            foundation=foundation,
            layer=layer,
            more_layers=parquet,
            name=names.collector(env.name, dataset.name),
            folder="collect",
            description=f"Collects: {dataset.title}",
            environment={
                "BUCKET": foundation.raw.bucket_name,
                "STATE_TABLE": foundation.state.table_name,
                "DEAD_LETTERS": misfits.queue_url,
            },
            settings={"DATASET": {dataset.name: collector_settings(dataset, settings)}},
            timeout_s=900,
            memory_mb=512,
        )
        _grant(function, dataset, regions, foundation, misfits)
        role = missed.role(self, "ScheduleRole")
        schedules = Construct(self, "Schedules")
        for region in regions:
            scheduler.Schedule(
                schedules,
                region,
                description=f"Collects in {region}: {dataset.title}",
                schedule=scheduler.ScheduleExpression.expression(every(dataset.schedule_s)),
                enabled=env.schedules,
                target=targets.LambdaInvoke(
                    function,
                    input=scheduler.ScheduleTargetInput.from_object({"region": region}),
                    dead_letter_queue=missed,
                    role=role,
                ),
            )
            if env.schedules:
                _alarms(Construct(schedules, f"{region}-alarms"), env, dataset, region, foundation)


def collector_settings(dataset: Dataset, settings: CollectionSettings) -> dict[str, object]:
    """The data set as its function reads it."""
    told = [[each.name, each.kind, each.required] for each in gaps.COLUMNS]
    return {**dataset.settings(), "gap_columns": told, "options": settings.options()}


def every(seconds: int) -> str:
    """The rate as the scheduler writes it."""
    unit, length = ("hour", HOUR) if seconds % HOUR == 0 else ("minute", MINUTE)
    count = seconds // length
    return f"rate({count} {unit}{'s' if count > 1 else ''})"


def _grant(
    function: PayloadFunction,
    dataset: Dataset,
    regions: Sequence[str],
    foundation: FoundationStack,
    misfits: DeadLetters,
) -> None:
    for call in dataset.calls:
        # each call says in the catalogue why it takes no resource
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=[call.action],
                resources=["*"],
                conditions={"StringEquals": {"aws:RequestedRegion": list(regions)}},
            )
        )
    own = foundation.raw.arn_for_objects(f"{dataset.name}/*")
    function.allow("s3:PutObject", "s3:DeleteObject", on=[own])
    function.allow(
        "s3:PutObject", on=[foundation.raw.arn_for_objects(f"{gaps.NAME}/date=*/{dataset.name}-*")]
    )
    function.allow_items("BatchGetItem", "PutItem", of=foundation.state, keys=[f"collect#{dataset.name}#*"])
    function.allow("sqs:SendMessage", on=[misfits.queue_arn])
    function.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])


def _alarms(
    scope: Construct, env: Environment, dataset: Dataset, region: str, foundation: FoundationStack
) -> None:
    def metric(name: str, period_s: int) -> Metric:
        return collection_metric(env.name, dataset.name, region, name).over(period_s)

    topic = foundation.topic.topic_arn
    NotifyingAlarm(
        scope,
        "Stale",
        topic_arn=topic,
        metric=metric("Fresh", dataset.schedule_s),
        threshold=1,
        below=True,
        periods=2,
        description=f"{dataset.title} of {region}: older than two schedules, or nobody collects it",
    )
    NotifyingAlarm(
        scope,
        "Throttled",
        topic_arn=topic,
        metric=metric("Throttled", HOUR),
        threshold=MOST_THROTTLED,
        periods=3,
        description=f"{dataset.title} of {region}: the service throttles the collector",
    )
    if not dataset.deniable:
        NotifyingAlarm(
            scope,
            "Lost",
            topic_arn=topic,
            metric=metric("LostWindows", HOUR),
            threshold=0,
            description=f"{dataset.title} of {region}: windows are lost for good, see {gaps.NAME}",
        )
