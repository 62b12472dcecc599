"""Failure: how likely a resource is to fail within the next hour, from its last two hours of metrics."""

from catalog.contract import Contract
from catalog.models.failure_rule import FAILURE_ADVICE, FAILURE_POINTS, FAILURE_STATE
from catalog.records.metric_snapshot import METRIC_SNAPSHOT
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

FAILURE = ModelSpec(
    contract=Contract(
        name="failure",
        title="Failure",
        record=METRIC_SNAPSHOT,
        target=FAILURE_STATE,
        steps=24,
        fallback=FAILURE_POINTS,
        advice=FAILURE_ADVICE,
    ),
    route="/api/v3/aiops/predict/failure",
    serving=InFunction(remediate_above=0.8),
    training=Training(
        learner="lstm",
        tuning=Tuning(
            objective=Metric(name="validation:auc", goal="Maximize"),
            ranges=(
                Integer("hidden_size", 16, 64),
                Continuous("learning_rate", 0.0005, 0.01, "Logarithmic"),
                Continuous("dropout", 0.1, 0.5),
                Continuous("weight_decay", 0.0001, 0.1, "Logarithmic"),
            ),
            jobs=20,
            parallel=4,
        ),
        promotion=Promotion(
            metric="auc",
            higher_is_better=True,
            margin=0.01,
            profiles=(
                Profile("synthetic", (Gate("auc", ">=", 0.85),)),
                Profile("live", (Gate("auc", ">=", 0.85),)),
            ),
        ),
    ),
    aliases=("failure_predictor",),
)
