"""Family stress: how far the instances of a family will fall short over the next day."""

from catalog.contract import Advice, Contract, Fallback, Level, Rule, Target
from catalog.ranges import XGBOOST_RANGES
from catalog.records.family_load import FAMILY_LOAD
from catalog.spec import Gate, InFunction, Metric, ModelSpec, Profile, Promotion, Training, Tuning

FAMILY_STRESS = ModelSpec(
    contract=Contract(
        name="family-stress",
        title="Instance family stress",
        record=FAMILY_LOAD,
        target=Target(
            name="stress_score",
            description="Work that the pool's instances will leave undone over the next 24 hours, "
            "as a share of what idle, unthrottled instances would do of it",
            unit="%",
            minimum=0,
            maximum=100,
            horizon_hours=24.0,
        ),
        fallback=Fallback(
            rules=(
                Rule("slowdown_24h", ">", 30, 40.0),
                Rule("slowdown_24h", ">", 10, 20.0),
                Rule("credit_balance", "<", 0.1, 30.0),
                Rule("credit_balance", "<", 0.3, 15.0),
                Rule("memory_used", ">", 92, 15.0),
                Rule("cpu_p95_24h", ">", 95, 15.0),
            ),
            otherwise=4.0,
        ),
        advice=Advice(
            calm="",
            field="stress_level",
            levels=(
                Level("critical", 0.5, "change_family"),
                Level("high", 0.25, "scale_out"),
                Level("moderate", 0.1, "watch"),
                Level("low", 0.0, "none"),
            ),
        ),
    ),
    route="/api/fleet/predict/family-stress",
    serving=InFunction(),
    training=Training(
        learner="xgboost",
        records=40_000,
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
                Profile("synthetic", (Gate("rmse", "<", 9), Gate("r2", ">=", 0.6))),
                Profile("azure-vm", (Gate("rmse", "<", 3), Gate("r2", ">=", 0.8))),
                Profile("live", (Gate("rmse", "<", 9), Gate("r2", ">=", 0.5))),
            ),
        ),
    ),
)
