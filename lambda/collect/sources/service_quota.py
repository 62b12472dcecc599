"""ListServiceQuotas of EC2."""

from __future__ import annotations

from collect.asking import Ask, Clients, Page

SERVICE, AT_ONCE = "ec2", 100


def read(clients: Clients, ask: Ask) -> Page:
    answer = clients("service-quotas").list_service_quotas(
        ServiceCode=SERVICE, MaxResults=AT_ONCE, **ask.following
    )
    rows = [
        {
            "region": ask.region,
            "service": quota["ServiceCode"],
            "quota_code": quota["QuotaCode"],
            "quota_name": quota["QuotaName"],
            "value": quota.get("Value"),
            "unit": quota.get("Unit"),
            "adjustable": quota.get("Adjustable"),
            "for_all_regions": quota.get("GlobalQuota"),
            "usage_metric": quota.get("UsageMetric", {}).get("MetricName"),
            "taken_in": ask.start,
        }
        for quota in answer["Quotas"]
    ]
    return Page(rows, answer.get("NextToken") or "")
