"""A model in a function of its own, which reads its champion at run time: promotion replaces nothing here."""

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from constructs import Construct

from catalog.spec import InFunction, ModelSpec
from stacks.constructs.metrics import DAY, function_metric, model_age, model_count
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import arn, candidate_parameter, champion_parameter, scoped, undo_alarms

UNDO_PERIOD_S = 60
"""A promotion is watched for minutes, so what takes it back is looked at every minute."""


class ModelFunction(PayloadFunction):
    """`models` are all there are, by name: the model may have others read a text of its requests."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        spec: ModelSpec,
        serving: InFunction,
        models: Mapping[str, ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
        inference: Sequence[PayloadLayer],
    ) -> None:
        read = [spec, *(models[reading.model] for reading in spec.contract.readings)]
        learned = [each for each in read if each.training]
        above = serving.remediate_above
        super().__init__(
            scope,
            id,
            env=env,
            foundation=foundation,
            layer=layer,
            more_layers=inference,
            folder="serve",
            name=scoped(env, spec),
            description=f"Answers predictions: {spec.contract.title}",
            contracts=[each.contract for each in read],
            serves=spec.contract,
            memory_mb=serving.memory_mb,
            timeout_s=serving.timeout_s,
            environment={
                "MODEL": spec.name,
                "PARAMETERS": json.dumps(
                    {
                        each.name: {
                            "champion": champion_parameter(env, each),
                            "candidate": candidate_parameter(env, each),
                        }
                        for each in learned
                    },
                    sort_keys=True,
                ),
                "STATE_TABLE": foundation.state.table_name,
                "EVENT_BUS": foundation.bus.event_bus_name,
                "REMEDIATE_ABOVE": "" if above is None else f"{above:g}",
                "COOLDOWN_S": str(60 * serving.cooldown_minutes),
            },
        )
        self._grant(env, spec, learned, foundation)
        self._watch(env, spec, foundation.topic.topic_arn)

    def _grant(
        self, env: Environment, spec: ModelSpec, learned: list[ModelSpec], foundation: FoundationStack
    ) -> None:
        stack = Stack.of(self)
        if learned:
            named = [
                name(env, each) for each in learned for name in (champion_parameter, candidate_parameter)
            ]
            self.allow("ssm:GetParameters", on=[arn(stack, "ssm", f"parameter{name}") for name in named])
            packages = [f"model-package/{scoped(env, each)}/*" for each in learned]
            self.allow(
                "sagemaker:DescribeModelPackage", on=[arn(stack, "sagemaker", each) for each in packages]
            )
            self.allow(
                "s3:GetObject", on=[foundation.models.arn_for_objects(f"{each.name}/*") for each in learned]
            )
        own = [f"state#{spec.name}#*", f"cooldown#{spec.name}#*", f"counter#{spec.name}#*", "counter#started"]
        actions = ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem")
        self.allow_items(*actions, of=foundation.state, keys=own)
        self.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])
        if spec.function and spec.function.remediate_above is not None:
            self.allow("events:PutEvents", on=[foundation.bus.event_bus_arn])

    def _watch(self, env: Environment, spec: ModelSpec, topic_arn: str) -> None:
        title, limits = scoped(env, spec), spec.alarms
        if (ms := limits.max_latency_ms) is not None:
            NotifyingAlarm(
                self,
                "Latency",
                topic_arn=topic_arn,
                metric=function_metric(self.function_name, "Duration", statistic="p99").over(
                    60 * limits.period_minutes
                ),
                threshold=ms,
                description=f"{title}: p99 latency is above {ms:g} ms",
                periods=limits.latency_periods,
            )
        if spec.training is None:
            return
        counts = {"Errors": function_metric(self.function_name, "Errors")}
        for metric, name in undo_alarms(env, spec).items():
            counted = counts.get(metric) or model_count(env.name, spec.name, metric)
            NotifyingAlarm(
                self,
                f"Undo{metric}",
                name=name,
                topic_arn=topic_arn,
                metric=counted.over(UNDO_PERIOD_S),
                threshold=0,
                description=f"{title}: {metric} above 0; a promotion under way is taken back",
            )
        NotifyingAlarm(
            self,
            "ModelFaults",
            topic_arn=topic_arn,
            metric=model_count(env.name, spec.name, "ModelFaults"),
            threshold=0,
            description=f"{title}: the champion does not answer; the rule does, where there is one",
        )
        if (days := limits.max_age_days) is not None:
            NotifyingAlarm(
                self,
                "Stale",
                topic_arn=topic_arn,
                metric=model_age(env.name, spec.name).over(DAY),
                threshold=days,
                description=f"{title}: champion is older than {days} days",
            )
