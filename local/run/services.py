"""The services that run on the local AWS, for `make status`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from local.run.cloud import Cloud


def show(console: Console, cloud: Cloud) -> None:
    """Print each service with its tasks and its address; nothing where there is none."""
    found = list(_services(cloud))
    if not found:
        return
    table = Table(box=None)
    for title in ("service", "tasks", "address"):
        table.add_column(title)
    for service in found:
        tasks = f"{service['runningCount']} of {service['desiredCount']}"
        table.add_row(service["serviceName"], tasks, ", ".join(_addresses(cloud, service)))
    console.print(Panel(table, title="Services", title_align="left"))


def _services(cloud: Cloud) -> Iterator[dict[str, Any]]:
    ecs = cloud.client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        if arns:
            yield from ecs.describe_services(cluster=cluster, services=arns)["services"]


def _addresses(cloud: Cloud, service: dict[str, Any]) -> Iterator[str]:
    elb = cloud.client("elbv2")
    wanted = {item["targetGroupArn"] for item in service.get("loadBalancers", [])}
    groups = [g for g in elb.describe_target_groups()["TargetGroups"] if g["TargetGroupArn"] in wanted]
    arns = [arn for group in groups for arn in group["LoadBalancerArns"]]
    if arns:
        for balancer in elb.describe_load_balancers(LoadBalancerArns=arns)["LoadBalancers"]:
            yield f"http://{balancer['DNSName']}"
