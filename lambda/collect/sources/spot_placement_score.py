"""GetSpotPlacementScores: the same few configurations every day, as an account has a number of new ones."""

from __future__ import annotations

import json

from collect.asking import Ask, Clients, Page

SIZES = ("large", "xlarge", "2xlarge")
"""EC2 wants three types at least."""


def read(clients: Clients, ask: Ask) -> Page:
    """A page of one family's scores; the token tells which family, and the service's own token."""
    families = ask.options["score_families"]
    number, theirs = json.loads(ask.token) if ask.token else (0, "")
    family, capacity = families[number], ask.options["score_vcpus"]
    types = [f"{family}.{size}" for size in SIZES]
    answer = clients("ec2").get_spot_placement_scores(
        InstanceTypes=types,
        TargetCapacity=capacity,
        TargetCapacityUnitType="vcpu",
        SingleAvailabilityZone=True,
        RegionNames=[ask.region],
        **({"NextToken": theirs} if theirs else {}),
    )
    rows = [
        {
            "region": score["Region"],
            "zone_id": score["AvailabilityZoneId"],
            "family": family,
            "instance_types": ",".join(types),
            "target_capacity": capacity,
            "score": score["Score"],
            "taken_in": ask.start,
        }
        for score in answer["SpotPlacementScores"]
    ]
    theirs = answer.get("NextToken") or ""
    following = (number, theirs) if theirs else (number + 1, "")
    return Page(rows, json.dumps(following) if following[0] < len(families) else "")
