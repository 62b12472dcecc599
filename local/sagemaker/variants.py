"""What an endpoint's variants look like under a config, and which updates the service refuses."""

from __future__ import annotations

from typing import Any

from local.sagemaker.errors import invalid
from local.sagemaker.machine import Machine
from local.sagemaker.store import Record


def under_config(config: Record, retained: dict[str, Any]) -> dict[str, Any]:
    """The members of DescribeEndpoint that follow from a config and what was retained of the variants."""
    variants = []
    for declared in config["ProductionVariants"]:
        held = retained.get(declared["VariantName"], {})
        weight = held.get("DesiredWeight", declared.get("InitialVariantWeight", 1.0))
        count = held.get("DesiredInstanceCount", declared["InitialInstanceCount"])
        variants.append(
            {
                "VariantName": declared["VariantName"],
                "CurrentWeight": weight,
                "DesiredWeight": weight,
                "CurrentInstanceCount": count,
                "DesiredInstanceCount": count,
            }
        )
    capture = config.get("DataCaptureConfig")
    captured = capture and {
        "EnableCapture": capture.get("EnableCapture", False),
        "CaptureStatus": "Started" if capture.get("EnableCapture") else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }
    return {
        "EndpointConfigName": config["EndpointConfigName"],
        "ProductionVariants": variants,
        "DataCaptureConfig": captured or None,
    }


def retained(record: Record) -> dict[str, Any]:
    return {
        v["VariantName"]: {
            "DesiredWeight": v["DesiredWeight"],
            "DesiredInstanceCount": v["DesiredInstanceCount"],
        }
        for v in record["ProductionVariants"]
    }


def check_guardrail(config: Record, deployment: dict[str, Any] | None) -> None:
    routing = (deployment or {}).get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    if routing.get("Type") in ("CANARY", "LINEAR"):
        counts = [variant["InitialInstanceCount"] for variant in config["ProductionVariants"]]
        if min(counts) < 2:
            raise invalid(
                f"{routing['Type']} traffic routing needs at least 2 instances a variant, got {min(counts)}."
            )


def check_scaled_types(machine: Machine, record: Record, config: Record) -> None:
    """A variant that is a scalable target may change its model, not its instance type."""
    scaled = machine.scaled_variants(record["EndpointName"])
    before = {
        v["VariantName"]: v["InstanceType"]
        for v in (machine.store.get("endpoint-config", record["EndpointConfigName"]) or {}).get(
            "ProductionVariants", []
        )
    }
    for variant in config["ProductionVariants"]:
        name, wanted = variant["VariantName"], variant["InstanceType"]
        if name in scaled and before.get(name, wanted) != wanted:
            raise invalid(
                f"The instance type of variant {name} cannot change from {before[name]} to {wanted}"
                " while it is registered as a scalable target; deregister it first."
            )
