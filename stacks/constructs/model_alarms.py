"""One model's alarms, from the thresholds in its spec."""

from collections.abc import Iterator

from constructs import Construct

from catalog.spec import ModelSpec
from stacks.constructs.metrics import DAY, HOUR, MICROSECONDS_PER_MS, EndpointMetrics, Metric, model_age
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.environments import Environment
from stacks.instances import Resolved
from stacks.names import scoped

ROLLBACK_PERIOD_S, ROLLBACK_PERIODS = 60, 3
"""The operators' alarms take too long for a deployment's bake; SageMaker tells these metrics every minute."""


class ModelAlarms(Construct):
    """`rollback` are the alarms that undo a deployment: slow or failing answers of the new fleet, by the
    limits of the operators' alarms, but seen within minutes."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        spec: ModelSpec,
        topic_arn: str,
        instance: Resolved,
    ) -> None:
        super().__init__(scope, id)
        self._topic_arn = topic_arn
        self._title = scoped(env, spec)
        self._period_s = 60 * spec.alarms.period_minutes
        metrics = EndpointMetrics(self._title)
        self._answers(spec, metrics)
        self.rollback = list(self._undoing(spec, metrics))
        self._traffic(spec, metrics)
        self._machines(spec, metrics, instance)
        if (days := spec.alarms.max_age_days) is not None:
            self._alarm(
                "Stale",
                model_age(env.name, spec.name),
                days,
                f"champion is older than {days} days",
                every_s=DAY,
            )

    def _answers(self, spec: ModelSpec, metrics: EndpointMetrics) -> None:
        limits = spec.alarms
        if (ms := limits.max_latency_ms) is not None:
            threshold, periods = ms * MICROSECONDS_PER_MS, limits.latency_periods
            about = f"model latency is above {ms:g} ms on average"
            self._alarm("Latency", metrics.latency(), threshold, about, periods=periods)
        if (count := limits.max_5xx) is not None:
            self._alarm("Errors5xx", metrics.errors_5xx(), count, f"more than {count} 5xx answers")

    def _undoing(self, spec: ModelSpec, metrics: EndpointMetrics) -> Iterator[NotifyingAlarm]:
        def undo(id: str, metric: Metric, threshold: float, about: str) -> NotifyingAlarm:
            told = f"{about}; a deployment under way is undone"
            return self._alarm(
                id, metric, threshold, told, periods=ROLLBACK_PERIODS, every_s=ROLLBACK_PERIOD_S
            )

        limits = spec.alarms
        if (ms := limits.max_latency_ms) is not None:
            about = f"model latency is above {ms:g} ms on average"
            yield undo("UndoLatency", metrics.latency(), ms * MICROSECONDS_PER_MS, about)
        if limits.max_5xx is not None:
            each_minute = limits.max_5xx / limits.period_minutes
            about = f"more than {each_minute:g} 5xx answers a minute"
            yield undo("UndoErrors5xx", metrics.errors_5xx(), each_minute, about)

    def _traffic(self, spec: ModelSpec, metrics: EndpointMetrics) -> None:
        if (count := spec.alarms.max_4xx) is not None:
            self._alarm("Errors4xx", metrics.errors_4xx(), count, f"more than {count} 4xx answers")
        if (least := spec.alarms.min_invocations_per_hour) is not None:
            about = f"fewer than {least} invocations in an hour"
            self._alarm("Silence", metrics.invocations(), least, about, every_s=HOUR, below=True)

    def _machines(self, spec: ModelSpec, metrics: EndpointMetrics, instance: Resolved) -> None:
        if (percent := spec.alarms.max_cpu_percent) is not None:
            about = f"CPU is above {percent:g} percent of {instance.cores} cores"
            self._alarm("Cpu", metrics.cpu(), percent * instance.cores, about, periods=3)
        if (percent := spec.alarms.max_memory_percent) is not None:
            self._alarm(
                "Memory", metrics.memory(), percent, f"memory is above {percent:g} percent", periods=3
            )

    def _alarm(
        self,
        id: str,
        metric: Metric,
        threshold: float,
        about: str,
        *,
        periods: int = 1,
        every_s: int | None = None,
        below: bool = False,
    ) -> NotifyingAlarm:
        return NotifyingAlarm(
            self,
            id,
            topic_arn=self._topic_arn,
            metric=metric.over(every_s or self._period_s),
            threshold=threshold,
            description=f"{self._title}: {about}",
            periods=periods,
            below=below,
        )
