"""An endpoint exists only for a champion, rolls out behind its guardrail, and is watched in right units."""

from typing import Any

import pytest

from catalog.models import MODELS
from catalog.spec import ModelSpec
from local.request_shapes import check
from stacks.names import model_id, scoped
from tests.stacks.assembly import Assembly, plain

SERVED = (
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudWatch::Alarm",
)
models = pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)


def one(assembly: Assembly, kind: str, spec: ModelSpec) -> dict[str, Any]:
    (resource,) = assembly.resources(kind, model_id(spec)).values()
    properties: dict[str, Any] = resource["Properties"]
    return properties


def alarms(assembly: Assembly, spec: ModelSpec) -> dict[str, dict[str, Any]]:
    found = assembly.resources("AWS::CloudWatch::Alarm", model_id(spec)).values()
    return {each["Properties"]["MetricName"]: each["Properties"] for each in found}


@models
def test_nothing_is_served_without_a_champion(prod: Assembly, spec: ModelSpec) -> None:
    template = prod.stacks()[model_id(spec)]
    ((parameter, declared),) = template["Parameters"].items()
    assert declared["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert declared["Default"] == f"/ops-ml/prod/{spec.name}/champion"
    ((promoted, condition),) = template["Conditions"].items()
    assert condition == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, "none"]}]}
    for name, resource in template["Resources"].items():
        assert (resource.get("Condition") == promoted) is (resource["Type"] in SERVED), name


@models
def test_the_champion_is_served_and_named_to_the_container(prod: Assembly, spec: ModelSpec) -> None:
    model = one(prod, "AWS::SageMaker::Model", spec)
    container = model["PrimaryContainer"]
    (parameter,) = prod.stacks()[model_id(spec)]["Parameters"]
    champion = {"Ref": parameter}
    assert container["ModelPackageName"] == champion
    assert container["Environment"] == {
        "MODEL_VERSION": champion,
        "PIP_NO_BUILD_ISOLATION": "0",
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }
    assert model["EnableNetworkIsolation"] is True
    assert "ModelName" not in model


@models
def test_the_endpoint_keeps_what_scaling_set(prod: Assembly, spec: ModelSpec) -> None:
    endpoint = one(prod, "AWS::SageMaker::Endpoint", spec)
    assert endpoint["EndpointName"] == f"prod-{spec.name}"
    assert endpoint["RetainAllVariantProperties"] is True


@models
def test_two_instances_take_a_canary_and_one_takes_all_at_once(
    prod: Assembly, dev: Assembly, spec: ModelSpec
) -> None:
    def policy(assembly: Assembly) -> dict[str, Any]:
        config = one(assembly, "AWS::SageMaker::Endpoint", spec)["DeploymentConfig"]
        assert len(config["AutoRollbackConfiguration"]["Alarms"]) == 2
        update: dict[str, Any] = config["BlueGreenUpdatePolicy"]
        waits = update["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"]
        assert 600 <= update["MaximumExecutionTimeoutInSeconds"] <= 28800
        assert update["MaximumExecutionTimeoutInSeconds"] > waits + update["TerminationWaitInSeconds"]
        routing: dict[str, Any] = update["TrafficRoutingConfiguration"]
        return routing

    assert policy(prod)["Type"] == "CANARY"
    assert policy(prod)["CanarySize"] == {"Type": "CAPACITY_PERCENT", "Value": 50}
    assert policy(dev)["Type"] == "ALL_AT_ONCE"


@models
def test_only_latency_and_5xx_roll_back(prod: Assembly, spec: ModelSpec) -> None:
    config = one(prod, "AWS::SageMaker::Endpoint", spec)["DeploymentConfig"]
    named = {each["AlarmName"]["Ref"] for each in config["AutoRollbackConfiguration"]["Alarms"]}
    found = prod.resources("AWS::CloudWatch::Alarm", model_id(spec))
    assert {found[name]["Properties"]["MetricName"] for name in named} == {
        "ModelLatency",
        "Invocation5XXErrors",
    }


@models
def test_the_config_is_encrypted_and_captures(prod: Assembly, spec: ModelSpec) -> None:
    config = one(prod, "AWS::SageMaker::EndpointConfig", spec)
    assert "KmsKeyId" in config
    assert config["DataCaptureConfig"]["EnableCapture"] is True
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == spec.serving.data_capture_percent
    (variant,) = config["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c6i.large", 2)
    assert "EndpointConfigName" not in config


@models
def test_scaling_follows_the_spec(dev: Assembly, prod: Assembly, spec: ModelSpec) -> None:
    target = one(dev, "AWS::ApplicationAutoScaling::ScalableTarget", spec)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    assert one(prod, "AWS::ApplicationAutoScaling::ScalableTarget", spec)["MinCapacity"] == 2
    assert target["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert plain(target["ResourceId"]).endswith("/variant/AllTraffic")
    policy = one(dev, "AWS::ApplicationAutoScaling::ScalingPolicy", spec)
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 70
    assert tracking["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    }
    assert (tracking["ScaleInCooldown"], tracking["ScaleOutCooldown"]) == (300, 60)


@models
def test_alarms_have_the_services_metrics_and_units(prod: Assembly, spec: ModelSpec) -> None:
    found = alarms(prod, spec)
    latency = found["ModelLatency"]
    assert latency["Threshold"] == 500_000  # microseconds
    assert (latency["Statistic"], latency["Period"], latency["EvaluationPeriods"]) == ("Average", 300, 2)
    for name in ("ModelLatency", "Invocation5XXErrors", "Invocation4XXErrors"):
        assert found[name]["Namespace"] == "AWS/SageMaker"
    for name in ("CPUUtilization", "MemoryUtilization"):
        assert found[name]["Namespace"] == "/aws/sagemaker/Endpoints"
    assert found["CPUUtilization"]["Threshold"] == 160  # 80 percent of each of two cores
    variant = [
        {"Name": "EndpointName", "Value": scoped(prod.environment, spec)},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]
    assert all(found[name]["Dimensions"] == variant for name in found if name != "ModelAgeDays")


@models
def test_a_stale_champion_is_told(prod: Assembly, spec: ModelSpec) -> None:
    stale = alarms(prod, spec)["ModelAgeDays"]
    assert stale["Namespace"] == "OpsMl"
    assert stale["Threshold"] == 45
    assert stale["Dimensions"] == [
        {"Name": "Model", "Value": spec.name},
        {"Name": "Environment", "Value": "prod"},
    ]


def test_every_alarm_is_told(prod: Assembly) -> None:
    for name, alarm in prod.resources("AWS::CloudWatch::Alarm").items():
        assert alarm["Properties"]["AlarmActions"], name
        assert "*" not in str(alarm["Properties"]["Dimensions"]), name


@models
@pytest.mark.parametrize(
    ("kind", "operation", "name"),
    [
        ("AWS::SageMaker::Model", "CreateModel", "ModelName"),
        ("AWS::SageMaker::EndpointConfig", "CreateEndpointConfig", "EndpointConfigName"),
    ],
)
def test_properties_are_requests_the_service_takes(
    prod: Assembly, spec: ModelSpec, kind: str, operation: str, name: str
) -> None:
    request = filled(one(prod, kind, spec))
    assert check("sagemaker", operation, {**request, name: "given"}) == []


@models
def test_the_deployment_is_a_request_the_service_takes(prod: Assembly, spec: ModelSpec) -> None:
    request = filled(one(prod, "AWS::SageMaker::Endpoint", spec))
    assert check("sagemaker", "UpdateEndpoint", {k: v for k, v in request.items() if k != "Tags"}) == []


def filled(value: Any) -> Any:
    """The properties with stand-ins for intrinsics."""
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref")):
            return plain(value)
        return {name: filled(each) for name, each in value.items()}
    return [filled(each) for each in value] if isinstance(value, list) else value
