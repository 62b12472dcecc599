"""Storage I/O performance: the score a volume will reach over the next two hours."""

from catalog.contract import Contract, Fallback, Rule, Target
from catalog.ranges import XGBOOST_RANGES
from catalog.records.iops_insight import IOPS_INSIGHT
from catalog.spec import Gate, Metric, ModelSpec, Profile, Promotion, Training, Tuning

IOPS_PERFORMANCE = ModelSpec(
    contract=Contract(
        name="iops-performance",
        title="Storage I/O performance",
        record=IOPS_INSIGHT,
        target=Target(
            name="performance_score",
            description="Performance of the volume over the next two hours; 100 is what the fleet expects",
            unit="points",
            minimum=0,
            maximum=100,
            horizon_hours=2.0,
        ),
        fallback=Fallback(
            rules=(
                Rule("error_rate", ">", 0.05, 30.0),
                Rule("p99_latency", ">", 100, 40.0),
                Rule("p99_latency", ">", 50, 60.0),
                Rule("p99_latency", ">", 20, 75.0),
            ),
            otherwise=90.0,
        ),
    ),
    training=Training(
        learner="xgboost",
        tuning=Tuning(
            objective=Metric(name="validation:rmse", goal="Minimize"),
            ranges=XGBOOST_RANGES,
            fixed=(("objective", "reg:squarederror"), ("eval_metric", "rmse")),
        ),
        promotion=Promotion(
            metric="rmse",
            higher_is_better=False,
            margin=0.2,
            profiles=(
                Profile("synthetic", (Gate("rmse", "<", 10),)),
                Profile("azure-fio", (Gate("rmse", "<", 10.5),)),
                Profile("live", (Gate("rmse", "<", 10),)),
            ),
        ),
    ),
    route="/api/predict/performance",
)
