"""DescribeInstanceTypes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collect.asking import Ask, Clients, Page
from collect.parts import Row

AT_ONCE = 100


def read(clients: Clients, ask: Ask) -> Page:
    answer = clients("ec2").describe_instance_types(MaxResults=AT_ONCE, **ask.type_filter, **ask.following)
    rows = [_row(ask, each) for each in answer["InstanceTypes"]]
    return Page(rows, answer.get("NextToken") or "")


def _row(ask: Ask, told: Mapping[str, Any]) -> Row:
    processor, ebs = told.get("ProcessorInfo", {}), told.get("EbsInfo", {}).get("EbsOptimizedInfo", {})
    return {
        "region": ask.region,
        "instance_type": told["InstanceType"],
        "family": told["InstanceType"].partition(".")[0],
        "vcpu": told["VCpuInfo"]["DefaultVCpus"],
        "cores": told["VCpuInfo"].get("DefaultCores"),
        "clock_ghz": processor.get("SustainedClockSpeedInGhz"),
        "architectures": ",".join(processor.get("SupportedArchitectures", [])) or None,
        "memory_mib": told["MemoryInfo"]["SizeInMiB"],
        "storage_gb": told.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0),
        **_network(told.get("NetworkInfo", {})),
        "ebs_baseline_mbps": ebs.get("BaselineBandwidthInMbps"),
        "ebs_peak_mbps": ebs.get("MaximumBandwidthInMbps"),
        "gpus": sum(each.get("Count", 0) for each in told.get("GpuInfo", {}).get("Gpus", [])),
        "burstable": told["BurstablePerformanceSupported"],
        "bare_metal": told.get("BareMetal"),
        "current": told.get("CurrentGeneration"),
        "spot": "spot" in told["SupportedUsageClasses"],
        "taken_in": ask.start,
    }


def _network(told: Mapping[str, Any]) -> Row:
    """Bandwidths of all cards together."""
    cards = told.get("NetworkCards", [])
    sums = {
        name: sum(card.get(theirs, 0) for card in cards) or None
        for name, theirs in (
            ("network_baseline_gbps", "BaselineBandwidthInGbps"),
            ("network_peak_gbps", "PeakBandwidthInGbps"),
        )
    }
    return {"network": told.get("NetworkPerformance"), **sums}
