"""Failure by rule: thresholds on the latest snapshot, each of which adds to the probability."""

from catalog.contract import Advice, Contract, Level, Points, Scorecard, Target
from catalog.records.metric_snapshot import METRIC_SNAPSHOT
from catalog.spec import InFunction, ModelSpec

FAILURE_STATE = Target(
    name="failure_state",
    description="Whether the resource fails within the next hour",
    classes=("healthy", "failing"),
    horizon_hours=1.0,
)
FAILURE_POINTS = Scorecard(
    points=(
        Points("cpu_usage", ">", 75, 0.25),
        Points("cpu_usage", ">", 90, 0.30),
        Points("memory_usage", ">", 75, 0.25),
        Points("memory_usage", ">", 88, 0.30),
        Points("disk_queue", ">", 6, 0.25),
        Points("disk_queue", ">", 15, 0.30),
        Points("network_errors", ">", 15, 0.20),
        Points("network_errors", ">", 40, 0.30),
        Points("response_time_ms", ">", 200, 0.20),
        Points("response_time_ms", ">", 400, 0.20),
        Points("error_rate", ">", 0.01, 0.15),
        Points("error_rate", ">", 0.03, 0.20),
    ),
    positive="failing",
    negative="healthy",
)
FAILURE_ADVICE = Advice(
    calm="healthy",
    field="severity",
    levels=(
        Level("critical", 0.8, "restart_service"),
        Level("high", 0.6, "scale_out"),
        Level("medium", 0.3, "investigate"),
        Level("low", 0.0, "none"),
    ),
)

FAILURE_RULE = ModelSpec(
    contract=Contract(
        name="failure-rule",
        title="Failure by rule",
        record=METRIC_SNAPSHOT,
        target=FAILURE_STATE,
        fallback=FAILURE_POINTS,
        advice=FAILURE_ADVICE,
    ),
    route="/api/v3/aiops/predict/failure-rule",
    serving=InFunction(memory_mb=256),
)
