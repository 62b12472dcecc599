"""How likely EC2 thinks a spot request to succeed. An account may be refused it, or some of it."""

from catalog.dataset import DAY, HOUR, Call, Column, Dataset

SPOT_PLACEMENT_SCORE = Dataset(
    name="spot_placement_score",
    title="Spot placement scores",
    calls=(
        Call(
            action="ec2:GetSpotPlacementScores",
            reason="Scores belong to no resource; a condition names the regions",
        ),
    ),
    columns=(
        Column(name="region", kind="string", required=True, description="Region that was asked about"),
        Column(name="zone_id", kind="string", required=True, description="Availability zone, by its own id"),
        Column(name="family", kind="string", required=True, description="Instance family of the types"),
        Column(
            name="instance_types", kind="string", required=True, description="Types that were asked about"
        ),
        Column(
            name="target_capacity", kind="bigint", unit="vCPU", description="Capacity that was asked about"
        ),
        Column(
            name="score", kind="bigint", required=True, description="1, unlikely to succeed, to 10, likely"
        ),
        Column(
            name="taken_in", kind="timestamp", required=True, description="Begin of the window of the score"
        ),
    ),
    schedule_s=6 * HOUR,
    window_s=DAY,
    deniable=True,
)
