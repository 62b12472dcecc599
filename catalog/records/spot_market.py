"""The spot market: what is known of one pool, an instance type in a zone, at one instant."""

from catalog.contract import Feature, Key, RecordSchema

REGION = r"([a-z]+-(?:[a-z]+-)*[a-z]*[0-9]+)"
FAMILY = r"([a-z0-9-]+?)(?:\.|-[0-9]+$)"
SIZE = r"(?:[a-z0-9-]+\.|.*-)([a-z0-9-]+)$"


def _cut(name: str, of: str, pattern: str, description: str, example: str) -> Feature:
    return Feature(
        name=name,
        unit="name",
        names=r"[a-z0-9-]{1,40}",
        cut=(of, pattern),
        missing="compute",
        description=description,
        example=example,
    )


def _price(name: str, description: str, example: float) -> Feature:
    return Feature(name=name, unit="USD/h", maximum=1000, description=description, example=example)


def _computed(
    name: str, unit: str, description: str, minimum: float = 0.0, maximum: float | None = None
) -> Feature:
    return Feature(
        name=name, unit=unit, description=description, minimum=minimum, maximum=maximum, missing="compute"
    )


SPOT_MARKET = RecordSchema(
    name="spot_market",
    title="Spot market",
    keys=(
        Key(
            name="pool_id",
            kind="text",
            description="The pool; the API's own request id where it is left out",
            example="us-east-1a/m5.large",
            missing="request",
        ),
        Key(
            name="timestamp",
            kind="timestamp",
            description="When it was seen, ISO 8601 with offset; now where it is left out",
            example="2026-03-02T14:30:00+00:00",
            missing="now",
        ),
    ),
    features=(
        _cut("region", "zone", REGION, "The zone's region", "us-east-1"),
        Feature(
            name="zone",
            unit="name",
            names=r"[a-z][a-z0-9-]{1,39}",
            missing="refuse",
            description="Availability zone, also one that no training has seen",
            example="us-east-1a",
        ),
        _cut("series", "instance_type", r"([a-z]+)", "The letters that the type begins with", "m"),
        _cut("family", "instance_type", FAMILY, "The type's family", "m5"),
        _cut("size", "instance_type", SIZE, "The type's size", "large"),
        Feature(
            name="instance_type",
            unit="name",
            names=r"[a-z][a-z0-9-]{0,31}[.-][a-z0-9-]{1,20}",
            missing="refuse",
            description="Instance type, also one that no training has seen",
            example="m5.large",
        ),
        Feature(
            name="vcpu",
            unit="count",
            maximum=2048,
            missing="derive",
            description="Virtual processors; as the size says where it is left out",
            example=2,
        ),
        Feature(name="memory_gb", unit="GB", maximum=65_536, description="Memory", example=8.0),
        _price("price_usd", "Spot price", 0.035),
        _price("on_demand_usd", "On-demand price of the type in the region", 0.096),
        _price("price_mean_24h", "Mean spot price of the last 24 hours", 0.034),
        _price("price_std_24h", "Standard deviation of the spot price over the last 24 hours", 0.001),
        _price("price_mean_7d", "Mean spot price of the last seven days", 0.033),
        _price("price_std_7d", "Standard deviation of the spot price over the last seven days", 0.002),
        _price("price_max_7d", "Highest spot price of the last seven days", 0.039),
        Feature(
            name="interruptions_24h",
            unit="count",
            maximum=1e6,
            description="Interruptions per 100 instances of the pool in the last 24 hours",
            example=4.0,
        ),
        Feature(
            name="interruptions_7d",
            unit="count",
            maximum=1e6,
            description="Interruptions per 100 instances of the pool in the last seven days",
            example=21.0,
        ),
        Feature(
            name="placement_score",
            unit="points",
            maximum=10,
            description="The zone's spot placement score for the type, 1 to 10",
            example=7,
        ),
        Feature(
            name="savings",
            unit="share",
            minimum=-10,
            maximum=1,
            missing="derive",
            description="What the spot price leaves of the on-demand price",
            example=0.635,
        ),
        _computed("price_ratio_24h", "ratio", "Spot price over its mean of the last 24 hours"),
        _computed("price_ratio_7d", "ratio", "Spot price over its mean of the last seven days"),
        _computed("price_trend", "ratio", "Mean price of the last 24 hours over that of seven days"),
        _computed("price_spread_24h", "ratio", "Standard deviation over mean of the last 24 hours"),
        _computed("price_spread_7d", "ratio", "Standard deviation over mean of the last seven days"),
        _computed("price_peak_7d", "ratio", "Spot price over its highest of the last seven days"),
        _computed("hour_sin", "share", "Sine of the hour of the day (UTC)", minimum=-1, maximum=1),
        _computed("hour_cos", "share", "Cosine of the hour of the day (UTC)", minimum=-1, maximum=1),
        _computed("day_of_week", "day", "Day of the week (UTC), Monday 0", maximum=6),
        _computed("is_weekend", "flag", "Whether it is Saturday or Sunday (UTC)", maximum=1),
    ),
)
