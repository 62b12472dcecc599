"""An endpoint exists only for a champion, rolls out behind its guardrail, and is watched in right units."""

import dataclasses
from typing import Any, cast

import pytest
from aws_cdk.aws_sagemaker import CfnEndpoint

from catalog.spec import ModelSpec
from local.request_shapes import check
from stacks.constructs.endpoint_deployment import deployment_config
from stacks.environments import DEV, ENVIRONMENTS, PROD, Environment
from stacks.guardrails import AllAtOnce, Canary
from stacks.names import model_id, scoped
from tests.models import ENDPOINTS
from tests.stacks.assembly import Assembly, plain
from tests.stacks.conftest import Synthesize

SERVED = (
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudWatch::Alarm",
)
models = pytest.mark.parametrize("spec", ENDPOINTS, ids=lambda spec: spec.name)


def one(assembly: Assembly, kind: str, spec: ModelSpec) -> dict[str, Any]:
    """The properties of the model's one resource of this kind."""
    (resource,) = assembly.resources(kind, model_id(spec)).values()
    properties: dict[str, Any] = resource["Properties"]
    return properties


def alarms(assembly: Assembly, spec: ModelSpec) -> dict[str, dict[str, Any]]:
    """The operators' alarms by metric."""
    found = assembly.resources("AWS::CloudWatch::Alarm", model_id(spec))
    undoing = rollback_names(assembly, spec)
    return {
        each["Properties"]["MetricName"]: each["Properties"] for n, each in found.items() if n not in undoing
    }


def rollback_names(assembly: Assembly, spec: ModelSpec) -> set[str]:
    config = one(assembly, "AWS::SageMaker::Endpoint", spec)["DeploymentConfig"]
    return {each["AlarmName"]["Ref"] for each in config["AutoRollbackConfiguration"]["Alarms"]}


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
    found = prod.resources("AWS::CloudWatch::Alarm", model_id(spec))
    undoing = [found[name]["Properties"] for name in rollback_names(prod, spec)]
    limits = {each["MetricName"]: each["Threshold"] for each in undoing}
    assert limits == {"ModelLatency": 500_000, "Invocation5XXErrors": 1}  # as the operators', but a minute's


@models
@pytest.mark.parametrize("env", ENVIRONMENTS, ids=lambda env: env.name)
def test_rollback_alarms_rise_while_the_old_fleet_is_there(
    prod: Assembly, spec: ModelSpec, env: Environment
) -> None:
    found = prod.resources("AWS::CloudWatch::Alarm", model_id(spec))
    for name in rollback_names(prod, spec):
        alarm = found[name]["Properties"]
        needed_s = alarm["Period"] * alarm["EvaluationPeriods"]
        assert needed_s == 180
        assert env.guardrail.shortest_watch_s is None or needed_s <= env.guardrail.shortest_watch_s


@pytest.mark.parametrize(
    "guardrail", [AllAtOnce(bake_s=120), Canary(wait_s=600, bake_s=0), Canary(wait_s=179)]
)
def test_a_watch_too_short_for_its_alarms_is_refused(
    synthesized: Synthesize, guardrail: AllAtOnce | Canary
) -> None:
    hasty = dataclasses.replace(PROD, guardrail=guardrail)
    with pytest.raises(Exception, match="rollback alarms need 180"):
        synthesized(hasty)


@pytest.mark.parametrize("guardrail", [AllAtOnce(), AllAtOnce(bake_s=0), Canary()])
def test_a_deployment_may_take_longer_than_its_waits(guardrail: AllAtOnce | Canary) -> None:
    config = deployment_config(guardrail, [])
    update = cast(CfnEndpoint.BlueGreenUpdatePolicyProperty, config.blue_green_update_policy)
    routing = cast(CfnEndpoint.TrafficRoutingConfigProperty, update.traffic_routing_configuration)
    waits = (routing.wait_interval_in_seconds or 0) + (update.termination_wait_in_seconds or 0)
    assert waits == guardrail.waits_s
    assert (update.maximum_execution_timeout_in_seconds or 0) > waits


def test_an_endpoint_that_does_not_scale_may_change_its_instances(synthesized: Synthesize) -> None:
    fixed = synthesized(dataclasses.replace(DEV, scales=False))
    for stack in map(model_id, ENDPOINTS):
        for kind in SERVED:
            assert bool(fixed.resources(kind, stack)) is ("ApplicationAutoScaling" not in kind), kind


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
