"""Spot stability: how likely an instance of a spot pool is interrupted within the next six hours."""

from catalog.contract import Advice, Contract, Level, Points, Scorecard, Target
from catalog.records.spot_market import SPOT_MARKET
from catalog.spec import (
    Continuous,
    Gate,
    InFunction,
    Integer,
    Metric,
    ModelSpec,
    Profile,
    Promotion,
    Training,
    Tuning,
)

SPOT_STABILITY = ModelSpec(
    contract=Contract(
        name="spot-stability",
        title="Spot stability",
        record=SPOT_MARKET,
        target=Target(
            name="pool_state",
            description="Whether an instance that the pool gives now is interrupted within six hours",
            classes=("stable", "interrupted"),
            horizon_hours=6.0,
            interval=0.9,
        ),
        fallback=Scorecard(
            points=(
                Points("placement_score", "<", 4, 0.25),
                Points("placement_score", "<", 6, 0.15),
                Points("interruptions_24h", ">", 50, 0.15),
                Points("interruptions_24h", ">", 150, 0.25),
                Points("interruptions_7d", ">", 1000, 0.15),
                Points("savings", "<", 0.6, 0.15),
                Points("savings", "<", 0.5, 0.15),
                Points("vcpu", ">", 30, 0.05),
            ),
            positive="interrupted",
            negative="stable",
            base=0.1,
        ),
        advice=Advice(
            calm="stable",
            calm_score="stability_score",
            field="stability_level",
            levels=(
                Level("volatile", 0.6, "use_other_pool"),
                Level("unstable", 0.35, "spread_over_pools"),
                Level("fair", 0.15, "checkpoint_often"),
                Level("stable", 0.0, "none"),
            ),
        ),
    ),
    route="/api/fleet/predict/spot-stability",
    serving=InFunction(),
    training=Training(
        learner="hierarchy",
        records=30_000,
        tuning=Tuning(
            objective=Metric(name="validation:mlogloss", goal="Minimize"),
            ranges=(
                Integer("num_leaves", 5, 31),
                Continuous("learning_rate", 0.03, 0.15, "Logarithmic"),
                Continuous("pooling", 0.3, 3.0, "Logarithmic"),
                Continuous("feature_fraction", 0.4, 1.0),
            ),
            fixed=(
                ("chains", "region>zone;series>family>instance_type;region>series>family;size"),
                ("hold_out", "rows,zone,instance_type"),
            ),
            jobs=12,
            parallel=4,
        ),
        promotion=Promotion(
            metric="auc",
            higher_is_better=True,
            margin=0.01,
            profiles=(
                Profile("synthetic", (Gate("auc", ">=", 0.75), Gate("calibration_error", "<", 0.05))),
                Profile("gcp-preemption", (Gate("auc", ">=", 0.7),)),
                Profile("live", (Gate("auc", ">=", 0.7), Gate("calibration_error", "<", 0.1))),
            ),
        ),
    ),
)
