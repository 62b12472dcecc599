"""Storage I/O risk: how likely a volume is to get into trouble within the next hours."""

from catalog.contract import Contract, Fallback, Rule, Target
from catalog.ranges import XGBOOST_RANGES
from catalog.records.iops_insight import IOPS_INSIGHT
from catalog.spec import Gate, Metric, ModelSpec, Profile, Promotion, Training, Tuning

IOPS_RISK = ModelSpec(
    contract=Contract(
        name="iops-risk",
        title="Storage I/O risk",
        record=IOPS_INSIGHT,
        target=Target(
            name="risk_level",
            description="Risk of the volume over the next two hours",
            classes=("low", "medium", "high", "critical"),
            horizon_hours=2.0,
        ),
        fallback=Fallback(
            rules=(
                Rule("error_rate", ">", 0.05, "critical"),
                Rule("p99_latency", ">", 100, "critical"),
                Rule("p99_latency", ">", 50, "high"),
                Rule("queue_depth", ">", 32, "high"),
                Rule("p99_latency", ">", 20, "medium"),
            ),
            otherwise="low",
        ),
    ),
    training=Training(
        learner="xgboost",
        tuning=Tuning(
            objective=Metric(name="validation:mlogloss", goal="Minimize"),
            ranges=XGBOOST_RANGES,
            fixed=(("objective", "multi:softprob"), ("eval_metric", "mlogloss"), ("decision", "macro_f1")),
        ),
        promotion=Promotion(
            metric="macro_f1",
            higher_is_better=True,
            margin=0.01,
            profiles=(
                Profile("synthetic", (Gate("accuracy", ">", 0.90), Gate("macro_f1", ">", 0.75))),
                Profile("azure-fio", (Gate("macro_f1", ">=", 0.42), Gate("auc", ">=", 0.92))),
                Profile("live", (Gate("accuracy", ">", 0.90), Gate("macro_f1", ">", 0.75))),
            ),
        ),
    ),
    route="/api/predict/risk",
)
