"""`python -m local.costs`: what each environment costs at rest, counted from its synthesized templates.

At rest means deployed with every model promoted and nobody calling: what is billed by the hour or month. The
prices are us-east-1 list prices of 2025 in US dollars; storage, requests and training come on top.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from catalog.models.placement import TWINS
from local.assembly import templates
from local.run.place import ROOT

Resource = tuple[str, dict[str, Any]]
HOURS = 730
BEGIN, END = "<!-- costs:begin -->", "<!-- costs:end -->"
MONTHLY = {"AWS::KMS::Key": 1.0, "AWS::CloudWatch::Alarm": 0.10, "AWS::CloudWatch::Dashboard": 3.0}
HOSTING_HOURLY = {"ml.c6i.large": 0.102}
INTERFACE_HOURLY_PER_ZONE = 0.01
HOURLY = {
    "AWS::EC2::NatGateway": 0.045,
    "AWS::EC2::EIP": 0.005,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": 0.0225,
}
NAMES = {
    "AWS::SageMaker::EndpointConfig": "endpoints",
    "AWS::CloudWatch::Alarm": "alarms",
    "AWS::KMS::Key": "key",
    "AWS::CloudWatch::Dashboard": "dashboards",
    "AWS::EC2::VPCEndpoint": "interface endpoints",
    "AWS::EC2::NatGateway": "NAT",
    "AWS::EC2::EIP": "NAT",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer",
    "AWS::ECS::TaskDefinition": "Fargate",
}


def main() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    fresh = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if sys.argv[1:] == ["check"]:
        sys.exit("README.md: the costs are stale; run `make docs`" if fresh != text else 0)
    readme.write_text(fresh)


def table() -> str:
    rows = ["| environment | a month | of which |", "|---|---|---|"]
    for environment, resources in _resources().items():
        costs = monthly(resources)
        parts = ", ".join(f"{name} ${cost:,.0f}" for name, cost in sorted(costs.items(), key=lambda c: -c[1]))
        rows.append(f"| {environment} | ${sum(costs.values()):,.0f} | {parts} |")
    return "\n".join(rows)


def monthly(resources: Iterable[Resource]) -> dict[str, float]:
    """US dollars a month by kind of resource."""
    costs: dict[str, float] = {}
    resources = list(resources)
    tasks = sum(_fewest_tasks(kind, properties) for kind, properties in resources)
    for kind, properties in resources:
        cost = _cost(kind, properties) if kind != "AWS::ECS::TaskDefinition" else tasks * _task(properties)
        if cost:
            costs[NAMES[kind]] = costs.get(NAMES[kind], 0.0) + cost
    return costs


def _cost(kind: str, properties: dict[str, Any]) -> float:
    if kind == "AWS::SageMaker::EndpointConfig":
        return HOURS * sum(map(_hourly, properties["ProductionVariants"]))
    if kind == "AWS::EC2::VPCEndpoint" and properties.get("VpcEndpointType") == "Interface":
        return HOURS * INTERFACE_HOURLY_PER_ZONE * len(properties["SubnetIds"])
    if kind in HOURLY:
        return HOURS * HOURLY[kind]
    return MONTHLY.get(kind, 0.0)


def _fewest_tasks(kind: str, properties: dict[str, Any]) -> int:
    """A service that nobody calls is scaled in to its least."""
    scaled = kind == "AWS::ApplicationAutoScaling::ScalableTarget" and properties["ServiceNamespace"] == "ecs"
    return int(properties["MinCapacity"]) if scaled else 0


def _task(properties: dict[str, Any]) -> float:
    """One task for a month."""
    cpu, memory = int(properties["Cpu"]) / 1024, int(properties["Memory"]) / 1024
    return HOURS * (cpu * TWINS.prices.fargate_vcpu_h + memory * TWINS.prices.fargate_gb_h)


def _hourly(variant: dict[str, Any]) -> float:
    kind = variant["InstanceType"]
    if kind not in HOSTING_HOURLY:
        raise SystemExit(f"error: no price is known for {kind}; add it to HOSTING_HOURLY in local/costs.py")
    return HOSTING_HOURLY[kind] * int(variant["InitialInstanceCount"])


def _resources() -> dict[str, list[Resource]]:
    """Type and properties of every resource, by environment: all that the app synthesizes by itself."""
    found: dict[str, list[Resource]] = {}
    with tempfile.TemporaryDirectory() as out:
        for path in templates(None, Path(out)):
            environment = path.parent.name.removeprefix("assembly-").lower()
            for resource in json.loads(path.read_text())["Resources"].values():
                found.setdefault(environment, []).append((resource["Type"], resource.get("Properties", {})))
    return found


if __name__ == "__main__":
    main()
