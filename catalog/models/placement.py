"""Placement: which platform serves a request better, a Lambda function or a Fargate service."""

from catalog.contract import Contract, Fallback, Rule, Target
from catalog.placement import FunctionTwin, Placement, Prices, ServiceTwin
from catalog.records.placement_request import PLACEMENT_REQUEST
from catalog.spec import (
    Continuous,
    Gate,
    Integer,
    Metric,
    ModelSpec,
    Profile,
    Promotion,
    Rival,
    Router,
    Training,
    Tuning,
)

TWINS = Placement(
    function=FunctionTwin(timeout_s=27),
    service=ServiceTwin(),
    prices=Prices(
        dated="2025-11-01",
        region="us-east-1",
        lambda_gb_s=0.0000166667,
        lambda_request=0.0000002,
        fargate_vcpu_h=0.04048,
        fargate_gb_h=0.004445,
    ),
    latency_usd_per_s=0.00025,
    error_usd=0.001,
    lambda_from=0.85,
    busy_loads=("high_load", "burst_load"),
)

PLAUSIBLE = (
    Gate("accuracy", ">=", 0.75),
    Gate("accuracy", "<=", 0.95),
    Gate("accuracy_gap", "<", 0.05),
    Gate("top_importance", "<=", 0.4),
    Gate("balance", "<=", 0.15),
)
"""Equal requests fare differently, so nobody can always be right: more than 95% would be a leak. Many columns
hold the payload's size, so each branch may look at a few of them only: no single one carries the model."""

PLACEMENT = ModelSpec(
    contract=Contract(
        name="placement",
        title="Placement",
        record=PLACEMENT_REQUEST,
        target=Target(
            name="best_platform",
            description="Platform that serves the request with the least burden",
            classes=("lambda", "ecs"),
        ),
        placement=TWINS,
        fallback=Fallback(
            rules=(
                Rule("payload_size_kb", ">", 4500, "ecs"),
                Rule("workload_type", "==", "lightweight_api", "ecs"),
            ),
            otherwise="lambda",
        ),
    ),
    route="/predict",
    serving=Router(memory_mb=512, timeout_s=29),
    training=Training(
        learner="xgboost",
        records=88_000,
        tuning=Tuning(
            objective=Metric(name="validation:mlogloss", goal="Minimize"),
            ranges=(
                Continuous("eta", 0.05, 0.3, "Logarithmic"),
                Integer("max_depth", 3, 8),
                Continuous("min_child_weight", 1, 50, "Logarithmic"),
                Continuous("subsample", 0.6, 1),
                Continuous("colsample_bynode", 0.15, 0.29),
            ),
            fixed=(("objective", "multi:softprob"), ("eval_metric", "mlogloss")),
            jobs=20,
            parallel=4,
        ),
        rivals=(
            Rival(
                learner="random_forest",
                ranges=(
                    Integer("n_estimators", 50, 150),
                    Integer("max_depth", 6, 14),
                    Integer("min_samples_leaf", 5, 100, "Logarithmic"),
                    Continuous("max_features", 0.15, 0.29),
                ),
            ),
            Rival(
                learner="lightgbm",
                ranges=(
                    Integer("num_leaves", 7, 63, "Logarithmic"),
                    Continuous("learning_rate", 0.03, 0.3, "Logarithmic"),
                    Integer("min_child_samples", 10, 200, "Logarithmic"),
                    Continuous("feature_fraction", 0.2, 0.3),
                ),
            ),
            Rival(
                learner="neural_network",
                ranges=(
                    Integer("hidden", 16, 64, "Logarithmic"),
                    Integer("layers", 1, 3),
                    Continuous("learning_rate", 0.0005, 0.01, "Logarithmic"),
                    Continuous("alpha", 0.00001, 0.01, "Logarithmic"),
                ),
            ),
        ),
        promotion=Promotion(
            metric="regret",
            higher_is_better=False,
            margin=0.005,
            profiles=(Profile("synthetic", PLAUSIBLE), Profile("live", PLAUSIBLE)),
        ),
    ),
)
