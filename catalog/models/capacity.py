"""Capacity: how full a storage resource will be over the next two days, and when it reaches a limit."""

from catalog.contract import Contract, Target
from catalog.ranges import XGBOOST_RANGES
from catalog.records.storage_reading import STORAGE_READING
from catalog.spec import (
    Continuous,
    Gate,
    InFunction,
    Metric,
    ModelSpec,
    Profile,
    Promotion,
    Training,
    Tuning,
)

BETTER_THAN_STANDING_STILL = (
    Gate("r2", ">=", 0.6),
    Gate("r2_change", ">=", 0.15),
    Gate("coverage", ">=", 0.7),
)
"""R2 of the level alone flatters: resources differ more than they change. No change at all, which the
one-hour moving mean of hourly readings foretells, has an R2 of the change of 0."""

CAPACITY = ModelSpec(
    contract=Contract(
        name="capacity",
        title="Storage capacity",
        record=STORAGE_READING,
        target=Target(
            name="storage_usage",
            description="Share of the resource's capacity that will be in use",
            unit="%",
            minimum=0,
            maximum=100,
            ahead_of="current_storage_usage",
            horizons=(1, 3, 6, 12, 24, 48),
            quantiles=(0.1, 0.5, 0.9),
            limits=(("warning", 80), ("critical", 95)),
        ),
    ),
    route="/api/v3/aiops/predict/capacity",
    serving=InFunction(),
    training=Training(
        learner="xgboost",
        records=40_000,
        tuning=Tuning(
            objective=Metric(name="validation:mae", goal="Minimize"),
            ranges=(Continuous("eta", 0.05, 0.3, "Logarithmic"), *XGBOOST_RANGES[1:]),
            fixed=(("objective", "reg:quantileerror"), ("eval_metric", "quantile")),
            jobs=20,
            parallel=4,
        ),
        promotion=Promotion(
            metric="pinball",
            higher_is_better=False,
            margin=0.02,
            profiles=(
                Profile("synthetic", BETTER_THAN_STANDING_STILL),
                Profile("live", BETTER_THAN_STANDING_STILL),
            ),
        ),
    ),
    aliases=("capacity_forecaster",),
)
