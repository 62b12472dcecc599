"""Placed work as a function."""

from collections.abc import Sequence

from constructs import Construct

from catalog.placement import FunctionTwin
from stacks.constructs.metrics import function_metric
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import workload
from stacks.placements import PlacementSettings

FOLDER = "workload"


class WorkloadFunction(PayloadFunction):
    """As large as the model reckons with; reads and writes nothing."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        settings: PlacementSettings,
        twin: FunctionTwin,
        slow_ms: float,
        foundation: FoundationStack,
        layer: PayloadLayer,
        codecs: Sequence[PayloadLayer],
    ) -> None:
        super().__init__(
            scope,
            id,
            env=env,
            foundation=foundation,
            layer=layer,
            more_layers=codecs,
            bare=True,
            folder=FOLDER,
            name=workload(env),
            description="Placed work, as a function",
            environment={"PLATFORM": "lambda"},
            memory_mb=twin.memory_mb,
            timeout_s=twin.timeout_s,
            reserved=settings.reserved_concurrency,
        )
        NotifyingAlarm(
            self,
            "Latency",
            topic_arn=foundation.topic.topic_arn,
            metric=function_metric(self.function_name, "Duration", statistic="p99"),
            threshold=slow_ms,
            description=f"{workload(env)}: p99 duration of the function is above {slow_ms:g} ms",
            periods=2,
        )
