"""What is wrong with the service of placed work, and what it is about to run out of."""

from constructs import Construct

from catalog.placement import ServiceTwin
from stacks.constructs.metrics import Metric, ServiceMetrics
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import workload

MOST_5XX = 5
MINUTE = 60


class ServiceAlarms(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        twin: ServiceTwin,
        slow_ms: float,
        metrics: ServiceMetrics,
        foundation: FoundationStack,
    ) -> None:
        super().__init__(scope, id)
        watched: tuple[tuple[str, Metric, float, int, str], ...] = (
            ("Unhealthy", metrics.unhealthy().over(MINUTE), 0, 5, "tasks do not answer"),
            ("Errors5xx", metrics.errors_5xx(), MOST_5XX, 1, f"more than {MOST_5XX} answers are 5xx"),
            (
                "Unanswered",
                metrics.unanswered(),
                MOST_5XX,
                1,
                f"the load balancer itself refuses more than {MOST_5XX} requests",
            ),
            (
                "Latency",
                metrics.latency("p99"),
                slow_ms / 1000,
                2,
                f"p99 latency is above {slow_ms:g} ms",
            ),
            (
                "AtMost",
                metrics.tasks("RunningTaskCount").over(MINUTE),
                twin.max_tasks - 1,
                15,
                f"all of {twin.max_tasks} tasks have run for 15 minutes; more work will wait",
            ),
            (
                "Pending",
                metrics.tasks("PendingTaskCount").over(MINUTE),
                0,
                10,
                "tasks have been starting for 10 minutes",
            ),
        )
        for name, metric, threshold, periods, verb in watched:
            NotifyingAlarm(
                self,
                name,
                topic_arn=foundation.topic.topic_arn,
                metric=metric,
                threshold=threshold,
                periods=periods,
                description=f"{workload(env)}: {verb}",
            )
        # tasks that end as they start are neither unhealthy nor pending for long
        NotifyingAlarm(
            self,
            "AtLeast",
            topic_arn=foundation.topic.topic_arn,
            metric=metrics.healthy().over(MINUTE),
            threshold=twin.min_tasks,
            periods=10,
            below=True,
            description=f"{workload(env)}: fewer than {twin.min_tasks} tasks answer; new ones may not start",
        )
