"""Threat: which kind of attack an event is, if any."""

from catalog.contract import Advice, Contract, Fallback, Level, Reading, Rule, Target
from catalog.records.threat_event import THREAT_EVENT
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

RISK_LEVELS = (
    Level("critical", 0.9, "escalate_to_security"),
    Level("high", 0.7, "escalate_to_security"),
    Level("medium", 0.5, "review_logs"),
    Level("low", 0.0, "keep_watching"),
)

THREAT = ModelSpec(
    contract=Contract(
        name="threat",
        title="Threat",
        record=THREAT_EVENT,
        target=Target(
            name="threat",
            description="Kind of attack that the event is part of",
            classes=(
                "normal",
                "unauthorized_access",
                "ddos_attack",
                "data_exfiltration",
                "privilege_escalation",
                "malware_activity",
                "brute_force",
                "sql_injection",
                "xss_attack",
            ),
        ),
        fallback=Fallback(
            rules=(
                Rule("quote_share", ">", 0.25, "sql_injection"),
                Rule("markup_share", ">", 0.25, "xss_attack"),
                Rule("failed_auth_count", ">", 10, "brute_force"),
                Rule("unique_ips", ">", 80, "ddos_attack"),
                Rule("privilege_change_count", ">", 2, "privilege_escalation"),
                Rule("outbound_destinations", ">", 20, "malware_activity"),
                Rule("bytes_out_mb", ">", 100, "data_exfiltration"),
                Rule("file_access_rate", ">", 300, "malware_activity"),
                Rule("denied_access_count", ">", 4, "unauthorized_access"),
            ),
            otherwise="normal",
        ),
        advice=Advice(
            calm="normal",
            field="risk_level",
            levels=RISK_LEVELS,
            actions=(
                ("unauthorized_access", "require_mfa"),
                ("ddos_attack", "rate_limit"),
                ("data_exfiltration", "block_egress"),
                ("privilege_escalation", "rotate_credentials"),
                ("malware_activity", "isolate_host"),
                ("brute_force", "block_ip"),
                ("sql_injection", "enable_waf_rule"),
                ("xss_attack", "enable_waf_rule"),
            ),
        ),
        readings=(
            Reading(
                text="payload",
                model="threat-payload",
                description="A suspicious request parameter, read for injection and script attacks",
            ),
        ),
    ),
    route="/api/v3/aiops/predict/threat",
    serving=InFunction(memory_mb=1536, remediate_above=0.95),
    training=Training(
        learner="random_forest",
        tuning=Tuning(
            objective=Metric(name="validation:macro_f1", goal="Maximize"),
            ranges=(
                Integer("n_estimators", 50, 150),
                Integer("max_depth", 8, 20),
                Integer("min_samples_leaf", 1, 10),
                Continuous("max_features", 0.1, 0.6),
            ),
            jobs=20,
            parallel=4,
        ),
        promotion=Promotion(
            metric="macro_f1",
            higher_is_better=True,
            margin=0.01,
            profiles=(
                Profile("synthetic", (Gate("accuracy", ">=", 0.80), Gate("macro_f1", ">=", 0.80))),
                Profile("live", (Gate("accuracy", ">=", 0.80), Gate("macro_f1", ">=", 0.75))),
            ),
        ),
    ),
    aliases=("threat_detector",),
)
