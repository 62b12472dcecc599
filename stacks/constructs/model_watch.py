"""What looks at all champions once a day, and retrains those that drifted, aged, or whose time has come."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from catalog.contract import EXPLORED, LIVE
from catalog.spec import ModelSpec, Retraining
from stacks.constructs.metrics import feature_drift
from stacks.constructs.missed_schedules import MissedSchedules
from stacks.constructs.model_directory import directory
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer, native_layers
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import arn, champion_parameter, machine_arn, model_id, scoped, training_machine

TIMEOUT_S = 300
SPREAD = Duration.hours(12)
"""Within which a scheduled training starts."""
KEPT = ("history",), ("run", "watch")
"""Items of the state table that it adds to, and that it also reads back one by one."""


class ModelWatch(Construct):
    """Where thresholds are settings of the function alone: no code changes with them."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
        missed: MissedSchedules,
    ) -> None:
        super().__init__(scope, id)
        watch = PayloadFunction(
            self,
            "Watch",
            env=env,
            foundation=foundation,
            layer=layer,
            folder="watch",
            description="Tells daily how old champions are and how far inputs drifted, and retrains",
            environment={
                "MACHINES": machine_arn(Stack.of(self), ""),
                "STATE_TABLE": foundation.state.table_name,
                "RAW_BUCKET": foundation.raw.bucket_name,
                "RETRAINING": json.dumps(retraining(models), sort_keys=True),
            },
            settings={
                "models": directory(env, models),
                "labels": {spec.name: labels(spec) for spec in models},
            },
            more_layers=native_layers(self, "Parquet", env=env, payloads=layer.payloads, name="parquet"),
            memory_mb=512,
            timeout_s=TIMEOUT_S,
        )
        self._may_read(watch, env, models, foundation)
        self._may_train(watch, env, models, foundation)
        scheduler.Schedule(
            self,
            "Daily",
            description="Looks at the champions",
            schedule=scheduler.ScheduleExpression.expression("rate(1 day)"),
            enabled=env.schedules,
            target=targets.LambdaInvoke(watch, dead_letter_queue=missed, role=missed.role(self, "DailyRole")),
        )
        schedules = Construct(self, "Schedules")
        for spec in models:
            if spec.trained.schedule:
                scheduler.Schedule(
                    schedules,
                    model_id(spec),
                    description=f"Retrains {scoped(env, spec)} on live records",
                    schedule=scheduler.ScheduleExpression.expression(spec.trained.schedule),
                    # all of them monthly at the same hour would meet at the account's quotas
                    time_window=scheduler.TimeWindow.flexible(SPREAD),
                    enabled=env.schedules,
                    target=targets.LambdaInvoke(
                        watch,
                        input=scheduler.ScheduleTargetInput.from_object({"scheduled": spec.name}),
                        dead_letter_queue=missed,
                        role=missed.role(schedules, f"{model_id(spec)}Role"),
                    ),
                )
        for spec in models:
            limit = spec.trained.retraining.drift_psi
            NotifyingAlarm(
                Construct(self, model_id(spec)),
                "Drifted",
                topic_arn=foundation.topic.topic_arn,
                metric=feature_drift(env.name, spec.name),
                threshold=limit,
                description=f"{scoped(env, spec)}: a live input is beyond a PSI of {limit:g} from training",
            )

    def _may_read(
        self,
        watch: PayloadFunction,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
    ) -> None:
        stack = Stack.of(self)
        parameters = [champion_parameter(env, spec) for spec in models]
        packages = [f"model-package/{scoped(env, spec)}/*" for spec in models]
        watch.allow("ssm:GetParameters", on=[arn(stack, "ssm", f"parameter{name}") for name in parameters])
        watch.allow("sagemaker:DescribeModelPackage", on=[arn(stack, "sagemaker", each) for each in packages])
        live = sorted({f"{spec.contract.record.raw}/profile={LIVE}/" for spec in models})
        references = [f"{spec.name}/*/evaluation/reference.json" for spec in models]
        objects = [foundation.raw.arn_for_objects(f"{prefix}*") for prefix in live]
        objects += [foundation.processed.arn_for_objects(each) for each in references]
        watch.allow("s3:GetObject", on=objects)
        watch.add_to_role_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[foundation.raw.bucket_arn],
                conditions={"StringEquals": {"s3:prefix": live}},
            )
        )

    def _may_train(
        self,
        watch: PayloadFunction,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
    ) -> None:
        stack = Stack.of(self)
        machines = [training_machine(env, spec) for spec in models]
        watch.allow(
            "states:StartExecution",
            "states:ListExecutions",
            on=[machine_arn(stack, name) for name in machines],
        )
        watch.allow(
            "states:DescribeExecution", on=[arn(stack, "states", f"execution:{name}:*") for name in machines]
        )
        state, names = foundation.state, [spec.name for spec in models]
        history, own = ([f"{kind}#{name}" for kind in kinds for name in names] for kinds in KEPT)
        watch.allow_items("Query", of=state, keys=[*(f"drift#{name}#*" for name in names), *history])
        watch.allow_items("GetItem", of=state, keys=own)
        # a decision and its history are one transaction: one statement allows all keys of it
        watch.allow_items("PutItem", of=state, keys=[*history, *own])
        watch.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])


def retraining(models: Sequence[ModelSpec]) -> dict[str, dict[str, float]]:
    """What holds for all, and of each model what it has otherwise: variables hold 4 KB."""
    usual = asdict(Retraining())
    own = {spec.name: asdict(spec.trained.retraining).items() - usual.items() for spec in models}
    return {"default": usual, **{name: dict(sorted(more)) for name, more in own.items() if more}}


def labels(spec: ModelSpec) -> dict[str, str]:
    """Where its live records lie, and which of their fields makes one labelled."""
    contract = spec.contract
    field = contract.target.ahead_of or contract.target.name
    told = {"folder": contract.record.raw, "time": contract.record.time, "field": field}
    # of placed requests those alone that both platforms served
    return {**told, "field": "chosen_by", "value": EXPLORED} if contract.placement else told
