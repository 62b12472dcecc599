"""How busy instances were, as CloudWatch gathers it by instance type and by scaling group."""

from catalog.dataset import DAY, HOUR, MINUTE, Call, Column, Dataset

INSTANCE_UTILISATION = Dataset(
    name="instance_utilisation",
    title="CloudWatch utilisation of EC2",
    calls=(
        Call(
            action="cloudwatch:ListMetrics",
            reason="CloudWatch's reading calls take no resource; a condition names the regions",
        ),
        Call(
            action="cloudwatch:GetMetricData",
            reason="CloudWatch's reading calls take no resource; a condition names the regions",
        ),
    ),
    columns=(
        Column(name="region", kind="string", required=True, description="Region that was asked"),
        Column(
            name="metric", kind="string", required=True, description="CloudWatch's name, as CPUUtilization"
        ),
        Column(
            name="statistic", kind="string", required=True, description="Average or Maximum of the period"
        ),
        Column(
            name="dimension", kind="string", required=True, description="InstanceType or AutoScalingGroupName"
        ),
        Column(name="name", kind="string", required=True, description="The type or group"),
        Column(name="at", kind="timestamp", required=True, description="Begin of the period"),
        Column(name="period_s", kind="bigint", required=True, unit="s", description="Length of the period"),
        Column(name="value", kind="double", required=True, description="In the metric's own unit"),
    ),
    schedule_s=HOUR,
    window_s=6 * HOUR,
    history_s=62 * DAY,
    look_back_s=14 * DAY,
    settle_s=30 * MINUTE,
)
