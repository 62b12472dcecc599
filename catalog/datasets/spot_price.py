"""Spot prices as they changed."""

from catalog.dataset import DAY, HOUR, MINUTE, Call, Column, Dataset

SPOT_PRICE = Dataset(
    name="spot_price",
    title="Spot price history",
    calls=(
        Call(
            action="ec2:DescribeSpotPriceHistory",
            reason="EC2's describe calls take no resource; a condition names the regions",
        ),
    ),
    columns=(
        Column(name="region", kind="string", required=True, description="Region that was asked"),
        Column(
            name="zone", kind="string", required=True, description="Availability zone, by the account's name"
        ),
        Column(name="instance_type", kind="string", required=True, description="Instance type, as m5.large"),
        Column(name="product", kind="string", required=True, description="Operating system, as EC2 names it"),
        Column(name="changed_at", kind="timestamp", required=True, description="Since when the price holds"),
        Column(name="price", kind="double", required=True, unit="USD an hour", description="Spot price"),
        Column(
            name="carried",
            kind="boolean",
            required=True,
            description="In force when the window began, changed before it: a row of an earlier window too",
        ),
    ),
    schedule_s=HOUR,
    window_s=6 * HOUR,
    history_s=90 * DAY,
    look_back_s=30 * DAY,
    settle_s=15 * MINUTE,
)
