"""Zone: how many instances of which type in which availability zone, at the least price and risk."""

from catalog.contract import Contract, Distances, Estimate, Feature, Limit, Optimizer, Search, Target
from catalog.records.zone_option import ZONE_OPTION
from catalog.spec import Alarms, InFunction, ModelSpec

MOST_OPTIONS, MOST_INSTANCES = 1000, 10_000

SUPPLIES = (
    Limit(
        feature=Feature(
            name="vcpus", unit="vCPUs", description="Least vCPUs in all", minimum=1, maximum=1e6, example=64
        ),
        kind="supply",
        column="vcpu",
    ),
    Limit(
        feature=Feature(
            name="memory_gb",
            unit="GB",
            description="Least memory in all",
            minimum=1,
            maximum=1e7,
            example=256,
        ),
        kind="supply",
        column="memory_gb",
    ),
    Limit(
        feature=Feature(
            name="instances",
            unit="instances",
            description="Fewest instances in all",
            minimum=1,
            maximum=1e5,
            integer=True,
            example=6,
        ),
        kind="supply",
    ),
)

ZONE = ModelSpec(
    contract=Contract(
        name="zone",
        title="Availability zones",
        record=ZONE_OPTION,
        target=Target(
            name="instances",
            description="Instances of the option to start",
            unit="instances",
            maximum=MOST_INSTANCES,
        ),
        optimizer=Optimizer(
            options="options",
            most_options=MOST_OPTIONS,
            requirement="requirement",
            group="zone",
            most_groups=100,
            example_groups=("us-east-1a", "us-east-1b", "us-east-1c"),
            identity=("zone", "instance_type", "market"),
            cost="price_usd",
            capacity="capacity",
            plenty=MOST_INSTANCES,
            limits=(
                *SUPPLIES,
                Limit(
                    feature=Feature(
                        name="max_usd_per_hour",
                        unit="USD per hour",
                        description="Most that the instances may cost",
                        minimum=0.01,
                        maximum=1e7,
                        example=4,
                    ),
                    kind="cost",
                    digits=2,
                ),
                Limit(
                    feature=Feature(
                        name="max_interruption",
                        unit="share",
                        description="Most of the capacity that may be expected to be lost to interruptions",
                        maximum=1,
                        example=0.25,
                    ),
                    kind="mean",
                    column="interruption_probability",
                    step=0.01,
                    digits=4,
                ),
                Limit(
                    feature=Feature(
                        name="min_zones",
                        unit="zones",
                        description="Fewest zones that instances must be in",
                        minimum=1,
                        maximum=100,
                        integer=True,
                        example=2,
                    ),
                    kind="groups",
                ),
                Limit(
                    feature=Feature(
                        name="max_zone_share",
                        unit="share",
                        description="Most of the capacity that may be in one zone",
                        minimum=0.01,
                        maximum=1,
                        example=0.6,
                    ),
                    kind="share",
                    step=0.05,
                    digits=4,
                ),
                Limit(
                    feature=Feature(
                        name="survive_zones",
                        unit="zones",
                        description="How many zones may fail with the requirement still met",
                        maximum=5,
                        integer=True,
                        example=1,
                    ),
                    kind="failures",
                ),
                Limit(
                    feature=Feature(
                        name="max_latency_ms",
                        unit="ms",
                        description="Longest round trip between any two zones that are used",
                        minimum=0.001,
                        maximum=1e4,
                        example=1.0,
                    ),
                    kind="distance",
                    step=0.5,
                    digits=3,
                ),
                Limit(
                    feature=Feature(
                        name="risk_usd",
                        unit="USD per instance",
                        description="Price put on an instance that is interrupted",
                        maximum=1e4,
                        missing="default",
                        default=0.05,
                        example=0.05,
                    ),
                    kind="price",
                    column="interruption_probability",
                ),
            ),
            distances=Distances(
                field="latencies",
                ends=("from", "to"),
                feature=Feature(
                    name="ms", unit="ms", description="Round trip between the zones", maximum=1e4, example=0.7
                ),
                most=10_000,
            ),
            estimate=Estimate(
                feature="interruption_probability", model="spot-stability", among=("market", "spot")
            ),
            search=Search(
                gap=1e-3,
                columns=30,
                most_columns=100,
                sets=32,
                nodes=1000,
                effort=140,
                more_effort=80,
                seconds=8,
            ),
        ),
    ),
    route="/api/fleet/optimize/zone",
    serving=InFunction(memory_mb=1769, timeout_s=20),
    alarms=Alarms(max_latency_ms=2000),
)
