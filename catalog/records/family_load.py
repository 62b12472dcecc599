"""The load of an instance family: what the instances of one pool had to do, and how far they fell short."""

from catalog.contract import Feature, Key, RecordSchema
from catalog.records.calendar import DAY_OF_WEEK, hour_of_day

FAMILY = r"[a-z][a-z0-9-]{0,31}"
REGION = r"[a-z]{2,8}(?:-[a-z]+)+-[0-9]"


def _usage(name: str, description: str, example: float) -> Feature:
    return Feature(name=name, unit="%", maximum=100, description=description, example=example)


def _slowdown(name: str, over: str, example: float) -> Feature:
    return Feature(
        name=name,
        unit="%",
        minimum=-100,
        maximum=100,
        example=example,
        description=f"How far the work done fell short of what an idle, unthrottled instance does: {over}",
    )


FAMILY_LOAD = RecordSchema(
    name="family_load",
    title="Instance family load",
    keys=(
        Key(
            name="pool_id",
            kind="text",
            description="The instances of one family in one region that are watched together",
            example="web-t3-us-east-1",
            missing="request",
        ),
        Key(
            name="timestamp",
            kind="timestamp",
            description="When it was measured, ISO 8601 with offset; the time of arrival if left out",
            example="2026-03-02T14:00:00+00:00",
            missing="now",
        ),
    ),
    features=(
        Feature(
            name="instance_family",
            unit="name",
            names=FAMILY,
            description="The family, say t3 or m5; also one that no model was trained on",
            missing="refuse",
            example="t3",
        ),
        Feature(
            name="region",
            unit="name",
            names=REGION,
            description="The region, say us-east-1; also one that no model was trained on",
            missing="refuse",
            example="us-east-1",
        ),
        Feature(
            name="vcpu",
            unit="count",
            minimum=0.25,
            maximum=1024,
            description="vCPUs of an instance; of the family's size `large` if left out",
            missing="derive",
            example=2,
        ),
        Feature(
            name="memory_gb",
            unit="GiB",
            maximum=65_536,
            description="Memory of an instance; of the family's size `large` if left out",
            missing="derive",
            example=8,
        ),
        Feature(
            name="network_gbps",
            unit="Gbit/s",
            maximum=10_000,
            description="Most that an instance's network carries; of the family if left out",
            missing="derive",
            example=5,
        ),
        Feature(
            name="baseline_share",
            unit="share",
            maximum=1,
            description="Share of a vCPU that may be used for ever, 1 where it is all; of the family else",
            missing="derive",
            example=0.3,
        ),
        Feature(
            name="burstable",
            unit="0, 1",
            maximum=1,
            integer=True,
            description="Whether CPU above the baseline costs credits; of the family if left out",
            missing="derive",
            example=1,
        ),
        _usage("cpu_mean_1h", "Mean CPU in use over the last hour", 46.0),
        _usage("cpu_p95_1h", "95th percentile of CPU in use over the last hour", 71.0),
        _usage("cpu_mean_24h", "Mean CPU in use over the last day", 34.0),
        _usage("cpu_p95_24h", "95th percentile of CPU in use over the last day", 68.0),
        _usage("memory_used", "Memory in use over the last hour", 61.0),
        _usage("network_used", "Share of the network's most in use over the last hour", 12.0),
        Feature(
            name="credit_balance",
            unit="share",
            maximum=1,
            description="CPU credits left, of the most that can be banked",
            example=0.22,
        ),
        _slowdown("slowdown_1h", "over the last hour", 4.0),
        _slowdown("slowdown_24h", "over the last day", 2.5),
        _slowdown("slowdown_peak_24h", "in the worst measurement of the last day", 17.0),
        _slowdown("slowdown_7d", "over the last seven days", 2.1),
        _slowdown("slowdown_last_week", "over the same 24 hours, a week before those foretold", 1.8),
        _slowdown("family_slowdown_24h", "over the last day, all pools of the family in the region", 2.2),
        Feature(
            name="utilisation_trend",
            unit="points/day",
            minimum=-100,
            maximum=100,
            description="How fast daily mean CPU grew over the last seven days",
            example=0.8,
        ),
        hour_of_day("the measurement"),
        DAY_OF_WEEK,
        Feature(
            name="cpu_over_baseline",
            unit="points",
            minimum=-100,
            maximum=100,
            description="Mean CPU of the last day above what may be used for ever",
            missing="compute",
            example=4.0,
        ),
        Feature(
            name="credit_hours",
            unit="h",
            maximum=240,
            description="Hours until the credits are spent at the last hour's CPU; 240 where they are not",
            missing="compute",
            example=9.9,
        ),
    ),
)
