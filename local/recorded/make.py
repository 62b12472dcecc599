"""`python -m local.recorded.make SPOT_ADVISOR.csv.gz`: writes the answer files anew.

Types, vCPUs, memory, savings and interruption bands are those of the set. What it does not tell is made: the
price that savings are of (a rate per vCPU and GB), when prices change, network and disk figures, metrics.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

ANSWERS = Path(__file__).parent / "answers"
SPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
REGION, FAMILIES = "us-east-1", ("t3", "m5", "c5", "r5")
ZONES = {"us-east-1a": "use1-az1", "us-east-1b": "use1-az2", "us-east-1c": "use1-az4"}
USD_A_VCPU, USD_A_GB = 0.034, 0.0037
"""Made: near what general purpose types cost on demand."""
CHANGES = 3
"""Of one price in a day."""
STEPS, METRICS = 288, ("CPUUtilization", "CPUCreditBalance", "NetworkIn", "NetworkOut")
QUOTAS = (
    ("L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 1152.0, True),
    ("L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 1440.0, True),
    ("L-DB2E81BA", "Running On-Demand G and VT instances", 64.0, True),
    ("L-3819A6DF", "All G and VT Spot Instance Requests", 64.0, True),
    ("L-417A185B", "Running On-Demand P instances", 0.0, True),
    ("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests", 0.0, True),
    ("L-0263D0A3", "EC2-VPC Elastic IPs", 5.0, True),
)
Row = dict[str, str]


def main(source: Path) -> None:
    ANSWERS.mkdir(exist_ok=True)
    with gzip.open(source, "rt") as opened:
        rows = [
            row
            for row in csv.DictReader(opened)
            if row["region"] == REGION and row["os"] == "Linux" and family(row) in FAMILIES
        ]
    rows.sort(key=lambda row: row["instance_type"])
    write_xml("DescribeInstanceTypes", "instanceTypeSet", (type_item(row) for row in rows))
    prices = (item for row in rows for item in price_items(row))
    write_xml("DescribeSpotPriceHistory", "spotPriceHistorySet", prices)
    for name in FAMILIES:
        bands = [int(row["interruption_band"]) for row in rows if family(row) == name]
        items = score_items(name, sum(bands) / len(bands))
        write_xml("GetSpotPlacementScores", "spotPlacementScoreSet", items, f"-{name}")
    write_json("ListServiceQuotas", {"Quotas": [quota(*each) for each in QUOTAS]})
    write_json("ListMetrics", {"Metrics": list(metrics(rows))})
    write_json("GetMetricData", {"MetricDataResults": list(results()), "Messages": []})


def type_item(row: Row) -> str:
    vcpu, memory = int(row["vcpu"]), int(float(row["ram_gb"]) * 1024)
    burstable, metal = family(row).startswith("t"), row["instance_type"].endswith(".metal")
    gbps = max(0.064, round(vcpu * 0.156, 3))
    bits = 25.0 if vcpu > 48 else max(5.0, gbps * 2)
    return (
        f"<instanceType>{row['instance_type']}</instanceType><currentGeneration>true</currentGeneration>"
        "<freeTierEligible>false</freeTierEligible>"
        "<supportedUsageClasses><item>on-demand</item><item>spot</item></supportedUsageClasses>"
        f"<bareMetal>{_flag(metal)}</bareMetal>"
        "<processorInfo><supportedArchitectures><item>x86_64</item></supportedArchitectures>"
        "<sustainedClockSpeedInGhz>3.1</sustainedClockSpeedInGhz></processorInfo>"
        f"<vCpuInfo><defaultVCpus>{vcpu}</defaultVCpus><defaultCores>{max(1, vcpu // 2)}</defaultCores>"
        "<defaultThreadsPerCore>2</defaultThreadsPerCore></vCpuInfo>"
        f"<memoryInfo><sizeInMiB>{memory}</sizeInMiB></memoryInfo>"
        "<instanceStorageSupported>false</instanceStorageSupported>"
        "<ebsInfo><ebsOptimizedSupport>default</ebsOptimizedSupport><ebsOptimizedInfo>"
        f"<baselineBandwidthInMbps>{325 * vcpu}</baselineBandwidthInMbps>"
        f"<maximumBandwidthInMbps>{max(4750, 325 * vcpu)}</maximumBandwidthInMbps>"
        "</ebsOptimizedInfo></ebsInfo>"
        f"<networkInfo><networkPerformance>Up to {bits:g} Gigabit</networkPerformance><networkCards><item>"
        f"<networkCardIndex>0</networkCardIndex><baselineBandwidthInGbps>{gbps}</baselineBandwidthInGbps>"
        f"<peakBandwidthInGbps>{bits}</peakBandwidthInGbps></item></networkCards></networkInfo>"
        f"<burstablePerformanceSupported>{_flag(burstable)}</burstablePerformanceSupported>"
    )


def price_items(row: Row) -> Iterator[str]:
    whole = USD_A_VCPU * int(row["vcpu"]) + USD_A_GB * float(row["ram_gb"])
    for zone in ZONES:
        for change in range(CHANGES):
            chance = _chance(row["instance_type"], zone, str(change))
            price = whole * (1 - int(row["savings_pct"]) / 100) * (0.94 + 0.12 * chance)
            second = int((change + chance) * 86_400 / CHANGES)
            at = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
            yield (
                f"<instanceType>{row['instance_type']}</instanceType>"
                "<productDescription>Linux/UNIX</productDescription>"
                f"<spotPrice>{price:.6f}</spotPrice><timestamp>2026-01-01T{at}.000Z</timestamp>"
                f"<availabilityZone>{zone}</availabilityZone>"
            )


def score_items(name: str, band: float) -> Iterator[str]:
    """The rarer interruptions are, the higher."""
    for zone in ZONES.values():
        score = max(1, min(10, round(9 - 2 * band + 2 * _chance(name, zone))))
        yield (
            f"<region>{REGION}</region><availabilityZoneId>{zone}</availabilityZoneId><score>{score}</score>"
        )


def quota(code: str, name: str, value: float, adjustable: bool) -> dict[str, Any]:
    return {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": f"arn:aws:servicequotas:{REGION}:000000000000:ec2/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": adjustable,
        "GlobalQuota": False,
        "UsageMetric": {"MetricNamespace": "AWS/Usage", "MetricName": "ResourceCount"},
    }


def metrics(rows: list[Row]) -> Iterator[dict[str, Any]]:
    """Of the small types, and of one scaling group."""
    small = [row["instance_type"] for row in rows if row["instance_type"].endswith((".large", ".xlarge"))]
    for name in METRICS:
        for each in small:
            if name != "CPUCreditBalance" or each.startswith("t"):
                yield _metric(name, "InstanceType", each)
        yield _metric(name, "AutoScalingGroupName", "web")


def results() -> Iterator[dict[str, Any]]:
    """A day of each metric and statistic: busy in the afternoon."""
    tops = {"CPUUtilization": 70.0, "CPUCreditBalance": 288.0, "NetworkIn": 4e7, "NetworkOut": 6e7}
    for name in METRICS:
        for statistic, factor in (("Average", 0.7), ("Maximum", 1.0)):
            values = [
                round(
                    tops[name] * factor * (0.3 + 0.5 * _afternoon(step) + 0.2 * _chance(name, str(step))), 3
                )
                for step in range(STEPS)
            ]
            yield {"Id": "m0", "Label": f"{name} {statistic}", "Values": values, "StatusCode": "Complete"}


def write_xml(action: str, name: str, items: Iterator[str], more: str = "") -> None:
    body = "\n".join(f"<item>{item}</item>" for item in items)
    text = (
        f'<{action}Response xmlns="{SPACE}">\n<requestId>{escape("recorded")}</requestId>\n'
        f"<{name}>\n{body}\n</{name}>\n</{action}Response>\n"
    )
    (ANSWERS / f"{action}{more}.xml").write_text(text)


def write_json(action: str, answer: dict[str, Any]) -> None:
    (ANSWERS / f"{action}.json").write_text(json.dumps(answer, separators=(",", ":")) + "\n")


def family(row: Row) -> str:
    return row["instance_type"].partition(".")[0]


def _metric(name: str, dimension: str, value: str) -> dict[str, Any]:
    dimensions = [{"Name": dimension, "Value": value}]
    return {"Namespace": "AWS/EC2", "MetricName": name, "Dimensions": dimensions}


def _afternoon(step: int) -> float:
    hour = 24 * step / STEPS
    return max(0.0, 1 - abs(hour - 15) / 9)


def _chance(*parts: str) -> float:
    """From 0 to 1, the same for the same parts."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:4], "big") / 2**32


def _flag(value: bool) -> str:
    return "true" if value else "false"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
