"""Anomaly: how unusual each new point of a metric series is, by the series' own past."""

from catalog.contract import Advice, Contract, Detector, Level, Target
from catalog.records.metric_point import METRIC_POINT
from catalog.spec import InFunction, ModelSpec

ANOMALY = ModelSpec(
    contract=Contract(
        name="anomaly",
        title="Metric anomaly",
        record=METRIC_POINT,
        target=Target(
            name="anomaly_state",
            description="Whether a point is as rare as the false-alarm rate allows, and news",
            classes=("normal", "anomaly"),
        ),
        advice=Advice(
            calm="normal",
            field="severity",
            levels=(
                Level("critical", 0.9999, "page_on_call"),
                Level("high", 0.999, "investigate"),
                Level("medium", 0.997, "watch"),
                Level("low", 0.0, "none"),
            ),
        ),
        detector=Detector(method="knn_evt", settings=(("false_alarm_rate", 0.003),)),
    ),
    route="/api/v3/aiops/predict/anomaly",
    serving=InFunction(remediate_above=0.999, cooldown_minutes=30),
    aliases=("anomaly_detector",),
)
