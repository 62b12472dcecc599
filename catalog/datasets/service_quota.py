"""What the account may have of EC2."""

from catalog.dataset import DAY, HOUR, Call, Column, Dataset

SERVICE_QUOTA = Dataset(
    name="service_quota",
    title="Service quotas of EC2",
    calls=(
        Call(
            action="servicequotas:ListServiceQuotas",
            reason="The list of quotas takes no resource; a condition names the regions",
        ),
    ),
    columns=(
        Column(name="region", kind="string", required=True, description="Region that was asked"),
        Column(name="service", kind="string", required=True, description="Service code"),
        Column(
            name="quota_code", kind="string", required=True, description="The quota's code, as L-1216C47A"
        ),
        Column(name="quota_name", kind="string", required=True, description="The quota's name"),
        Column(name="value", kind="double", description="What is allowed; missing where AWS could not tell"),
        Column(name="unit", kind="string", description="Unit of the value, None where it is a count"),
        Column(name="adjustable", kind="boolean", description="Whether more may be asked for"),
        Column(name="for_all_regions", kind="boolean", description="Whether it counts over all regions"),
        Column(name="usage_metric", kind="string", description="CloudWatch metric of what is used"),
        Column(
            name="taken_in", kind="timestamp", required=True, description="Begin of the window of the value"
        ),
    ),
    schedule_s=6 * HOUR,
    window_s=DAY,
)
