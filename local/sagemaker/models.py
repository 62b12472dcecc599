"""Models and endpoint configurations: kept, checked for what they refer to, and resolved to what runs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from local.sagemaker import packages
from local.sagemaker.errors import invalid, missing, unsupported
from local.sagemaker.machine import Machine, arn

_REFUSED_IN_CONFIG = ("AsyncInferenceConfig", "ShadowProductionVariants", "ExplainerConfig")
_REFUSED_IN_VARIANT = ("ServerlessConfig", "ManagedInstanceScaling", "RoutingConfig", "CoreDumpConfig")


@dataclass(frozen=True)
class Artifact:
    """What one variant's worker runs: the model archive and the container's variables."""

    data_uri: str
    environment: dict[str, str]


def create_model(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    artifact = resolve(machine, request)
    if not machine.objects.exists(artifact.data_uri):
        raise invalid(f"Could not find model data at {artifact.data_uri}.")
    name = request["ModelName"]
    record = {**request, "ModelArn": arn(f"model/{name}"), "CreationTime": time.time()}
    if not machine.store.add("model", name, record):
        raise invalid(f'Cannot create already existing model "{record["ModelArn"]}".')
    return {"ModelArn": record["ModelArn"]}


def delete_model(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    if machine.store.pop("model", request["ModelName"]) is None:
        raise missing("model", arn(f"model/{request['ModelName']}"))
    return {}


def resolve(machine: Machine, model: dict[str, Any]) -> Artifact:
    """The artifact behind a model's one container, through its model package where it names one."""
    if "InferenceExecutionConfig" in model:
        raise unsupported("CreateModel with InferenceExecutionConfig")
    containers = model.get("Containers") or [model.get("PrimaryContainer") or {}]
    if len(containers) != 1:
        raise unsupported("A model of more than one container")
    container = containers[0]
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise unsupported("Container mode MultiModel", "; supported: SingleModel")
    environment = dict(container.get("Environment", {}))
    if "ModelPackageName" in container:
        package = packages.find(machine, container["ModelPackageName"])
        packaged = package["InferenceSpecification"]["Containers"][0]
        environment = {**packaged.get("Environment", {}), **environment}
        container = {**packaged, **container}
    if "ModelDataUrl" not in container:
        raise unsupported("A model without ModelDataUrl", "; supported: a model.tar.gz in S3")
    return Artifact(container["ModelDataUrl"], environment)


def create_config(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["EndpointConfigName"]
    for refused in _REFUSED_IN_CONFIG:
        if request.get(refused):
            raise unsupported(
                f"An endpoint config with {refused}", "; supported: ProductionVariants, DataCaptureConfig"
            )
    for variant in request["ProductionVariants"]:
        _check_variant(machine, variant)
    names = [variant["VariantName"] for variant in request["ProductionVariants"]]
    if len(set(names)) != len(names):
        raise invalid(f"Variant names must be unique within an endpoint config, got {names}.")
    record = {**request, "EndpointConfigArn": arn(f"endpoint-config/{name}"), "CreationTime": time.time()}
    if not machine.store.add("endpoint-config", name, record):
        raise invalid(
            f'Cannot create already existing endpoint configuration "{record["EndpointConfigArn"]}".'
        )
    return {"EndpointConfigArn": record["EndpointConfigArn"]}


def delete_config(machine: Machine, request: dict[str, Any]) -> dict[str, Any]:
    name = request["EndpointConfigName"]
    if machine.store.pop("endpoint-config", name) is None:
        raise missing("endpoint configuration", arn(f"endpoint-config/{name}"))
    return {}


def _check_variant(machine: Machine, variant: dict[str, Any]) -> None:
    for refused in _REFUSED_IN_VARIANT:
        if variant.get(refused):
            raise unsupported(
                f"A variant with {refused}", "; supported: InstanceType and InitialInstanceCount"
            )
    if "ModelName" not in variant:
        raise unsupported("A variant without ModelName (inference components)")
    if machine.store.get("model", variant["ModelName"]) is None:
        raise missing("model", arn(f"model/{variant['ModelName']}"))
    if "InstanceType" not in variant or "InitialInstanceCount" not in variant:
        raise invalid(f"Variant {variant['VariantName']} needs InstanceType and InitialInstanceCount.")
