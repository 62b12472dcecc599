"""A zone option: instances of one type that may be started in one availability zone, at a price."""

import dataclasses

from catalog.contract import Feature, Key, RecordSchema
from catalog.records.spot_market import SPOT_MARKET

MARKETS = ("on-demand", "spot")
OF_THE_POOL = {feature.name: feature for feature in SPOT_MARKET.given}
"""What is known of the option's spot pool: read where its interruptions are to be told."""


def _name(name: str) -> Key:
    told = OF_THE_POOL[name]
    return Key(
        name=name,
        kind="text",
        description=told.description.partition(",")[0],
        example=str(told.example),
        pattern=told.names,
    )


def _size(name: str, unit: str) -> Feature:
    told = OF_THE_POOL[name]
    described = f"{told.description.partition(';')[0]} of one instance"
    return dataclasses.replace(told, unit=unit, minimum=0.125, missing="refuse", description=described)


ZONE_OPTION = RecordSchema(
    name="zone_option",
    title="Zone option",
    keys=(_name("zone"), _name("instance_type")),
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
        _size("vcpu", "vCPUs"),
        _size("memory_gb", "GB"),
        Feature(
            name="capacity",
            unit="instances",
            description="Most instances to be had; no bound where it is left out",
            maximum=10_000,
            integer=True,
            example=200,
        ),
        Feature(
            name="interruption_probability",
            unit="share",
            description="Probability that an instance is interrupted; of a spot instance it is estimated, of "
            "any other 0, where it is left out",
            maximum=1,
            example=0.04,
        ),
        *(
            dataclasses.replace(each, missing="leave")
            for each in SPOT_MARKET.given
            if each.name not in ("zone", "instance_type", "price_usd", "vcpu", "memory_gb")
        ),
    ),
)
