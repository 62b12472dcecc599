"""A zone option: instances of one type that may be started in one availability zone, at a price."""

from catalog.contract import Feature, Key, RecordSchema

MARKETS = ("on-demand", "spot")

ZONE_OPTION = RecordSchema(
    name="zone_option",
    title="Zone option",
    keys=(
        Key(name="zone", kind="text", description="Availability zone", example="us-east-1a"),
        Key(name="instance_type", kind="text", description="EC2 instance type", example="m5.large"),
    ),
    features=(
        Feature(
            name="market",
            unit="name",
            description="How it is bought; only spot instances are interrupted",
            categories=MARKETS,
            missing="refuse",
            example="spot",
        ),
        Feature(
            name="price_usd",
            unit="USD per hour",
            description="Price of one instance",
            maximum=1000,
            missing="refuse",
            example=0.0381,
        ),
        Feature(
            name="vcpu",
            unit="vCPUs",
            description="vCPUs of one instance",
            minimum=0.125,
            maximum=4096,
            missing="refuse",
            example=2,
        ),
        Feature(
            name="memory_gb",
            unit="GB",
            description="Memory of one instance",
            minimum=0.125,
            maximum=65536,
            missing="refuse",
            example=8,
        ),
        Feature(
            name="capacity",
            unit="instances",
            description="Most instances to be had",
            maximum=10_000,
            integer=True,
            example=200,
        ),
        Feature(
            name="interruption_probability",
            unit="share",
            description="Probability that an instance is interrupted within an hour",
            maximum=1,
            example=0.04,
        ),
    ),
)
