"""A model in a function of its own, which reads its champion at run time: promotion replaces nothing here."""

from collections.abc import Mapping, Sequence

from constructs import Construct

from catalog.spec import InFunction, ModelSpec
from stacks.constructs.metrics import DAY, function_metric, model_age, model_count
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.payload_function import PayloadLayer
from stacks.constructs.serving_function import ServingFunction
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import router_function, scoped, undo_alarms

UNDO_PERIOD_S = 60
"""A promotion is watched for minutes, so what takes it back is looked at every minute."""


class ModelFunction(ServingFunction):
    """Watched as its model asks, and while a promotion is under way."""

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
        super().__init__(
            scope,
            id,
            env=env,
            spec=spec,
            serving=serving,
            models=models,
            foundation=foundation,
            layer=layer,
            inference=inference,
            name=scoped(env, spec),
            description=f"Answers predictions: {spec.contract.title}",
        )
        self._watch(env, spec, foundation.topic.topic_arn)

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
        counts = {
            "Errors": function_metric(self.function_name, "Errors"),
            # most requests may come to the router, which runs the same packages
            "RouterErrors": function_metric(router_function(env), "Errors"),
        }
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
