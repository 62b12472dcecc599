"""Threat payload: whether a request parameter carries an attack, and which."""

from catalog.contract import Advice, Contract, Target
from catalog.models.threat import RISK_LEVELS
from catalog.records.http_payload import HTTP_PAYLOAD
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

THREAT_PAYLOAD = ModelSpec(
    contract=Contract(
        name="threat-payload",
        title="Threat payload",
        record=HTTP_PAYLOAD,
        target=Target(
            name="attack",
            description="Kind of attack that the text carries",
            classes=("normal", "sql_injection", "xss_attack", "other_attack"),
        ),
        advice=Advice(
            calm="normal",
            field="risk_level",
            levels=RISK_LEVELS,
            actions=(
                ("sql_injection", "enable_waf_rule"),
                ("xss_attack", "enable_waf_rule"),
                ("other_attack", "block_ip"),
            ),
        ),
    ),
    route="/api/v3/aiops/predict/threat-payload",
    serving=InFunction(),
    training=Training(
        learner="linear_text",
        tuning=Tuning(
            objective=Metric(name="validation:macro_f1", goal="Maximize"),
            ranges=(Continuous("C", 1, 1000, "Logarithmic"),),
            fixed=(("class_weight", "balanced"),),
            jobs=20,
            parallel=4,
        ),
        promotion=Promotion(
            metric="macro_f1",
            higher_is_better=True,
            margin=0.01,
            profiles=(
                Profile("synthetic", (Gate("macro_f1", ">=", 0.90),)),
                Profile("http-params", (Gate("macro_f1", ">=", 0.985),)),
                Profile("live", (Gate("macro_f1", ">=", 0.90),)),
            ),
        ),
    ),
)
