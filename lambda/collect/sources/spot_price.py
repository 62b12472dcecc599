"""DescribeSpotPriceHistory. It also tells each price in force when the window begins, changed before it."""

from __future__ import annotations

from datetime import timedelta

from collect.asking import Ask, Clients, Page

AT_ONCE = 1000


def read(clients: Clients, ask: Ask) -> Page:
    # the service takes the end as part of the stretch
    last = ask.end - timedelta(milliseconds=1)
    answer = clients("ec2").describe_spot_price_history(
        StartTime=ask.start,
        EndTime=last,
        ProductDescriptions=list(ask.options["products"]),
        MaxResults=AT_ONCE,
        **ask.type_filter,
        **ask.following,
    )
    rows = [
        {
            "region": ask.region,
            "zone": price["AvailabilityZone"],
            "instance_type": price["InstanceType"],
            "product": price["ProductDescription"],
            "changed_at": price["Timestamp"],
            "price": float(price["SpotPrice"]),
            "carried": price["Timestamp"] < ask.start,
        }
        for price in answer["SpotPriceHistory"]
        if price["Timestamp"] < ask.end
    ]
    return Page(rows, answer.get("NextToken") or "")
