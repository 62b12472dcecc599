"""CloudFormation over the stand-ins: create, replace and update, roll back, remove, and over a restart."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.toys import BUCKET, IMAGE, ROLE, LocalAws, model_archive, wait_until

ENDPOINT = "stack-endpoint"
PARAMETER = "/toy/champion"


def _template() -> str:
    """A serving stack in small: nothing while the champion is none, then a scaled endpoint."""
    served = {"Condition": "Served"}
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InstanceType": "ml.c6i.large",
        "InitialInstanceCount": "1",
        "InitialVariantWeight": 1,
    }
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    target = {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ResourceId": {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/AllTraffic"},
        "MinCapacity": 1,
        "MaxCapacity": 3,
    }
    tracking = {
        "TargetValue": 70,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    policy = {
        "PolicyName": "load",
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": {"Ref": "Target"},
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }
    resources = {
        "Group": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": "stack-group"},
        },
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": ROLE,
                "PrimaryContainer": {
                    "Image": IMAGE,
                    "ModelDataUrl": {"Fn::Sub": "s3://toy/stacks/${Champion}.tar.gz"},
                    "Environment": environment,
                },
            },
            **served,
        },
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {"ProductionVariants": [variant]},
            **served,
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointName": ENDPOINT,
                "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                "RetainAllVariantProperties": "true",
            },
            **served,
        },
        "Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": target, **served},
        "Policy": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": policy, **served},
    }
    return json.dumps(
        {
            "Parameters": {"Champion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": PARAMETER}},
            "Conditions": {"Served": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Champion"}, "none"]}]}},
            "Resources": resources,
        }
    )


def _champion(aws: LocalAws, name: str) -> None:
    aws("ssm").put_parameter(Name=PARAMETER, Value=name, Type="String", Overwrite=True)


def _promote(aws: LocalAws, name: str) -> dict[str, Any]:
    _champion(aws, name)
    aws("cloudformation").update_stack(
        StackName="toy",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Champion", "UsePreviousValue": True}],
    )
    return _settled(aws)


def _settled(aws: LocalAws) -> dict[str, Any]:
    def settled() -> dict[str, Any] | None:
        found: dict[str, Any] = aws("cloudformation").describe_stacks(StackName="toy")["Stacks"][0]
        return None if found["StackStatus"].endswith("IN_PROGRESS") else found

    answer: dict[str, Any] = wait_until(settled, 30)
    return answer


def _ask(aws: LocalAws) -> Any:
    body = json.dumps({"x": 1})
    answer = aws("sagemaker-runtime").invoke_endpoint(
        EndpointName=ENDPOINT, ContentType="application/json", Body=body
    )
    return json.loads(answer["Body"].read())["answer"]


def test_a_serving_stack_is_created_promoted_rolled_back_and_kept(aws: LocalAws) -> None:
    sagemaker = aws("sagemaker")
    for name, slope in (("one", 1.0), ("two", 2.0), ("bad", 3.0)):
        body = model_archive(slope, broken=name == "bad")
        aws("s3").put_object(Bucket=BUCKET, Key=f"stacks/{name}.tar.gz", Body=body)

    _champion(aws, "none")
    aws("cloudformation").create_stack(StackName="toy", TemplateBody=_template())
    assert _settled(aws)["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="not found"):
        _ask(aws)

    assert _promote(aws, "one")["StackStatus"] == "UPDATE_COMPLETE"
    assert _ask(aws) == 1
    first = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]

    assert _promote(aws, "two")["StackStatus"] == "UPDATE_COMPLETE"
    assert _ask(aws) == 2
    second = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    assert first != second, "an endpoint config is replaced, never changed"
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.describe_endpoint_config(EndpointConfigName=first)

    rolled_back = _promote(aws, "bad")
    assert rolled_back["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = aws("cloudformation").describe_stack_events(StackName="toy")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("did not pass the ping health check" in reason for reason in reasons)
    assert _ask(aws) == 2
    assert sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"] == second

    aws.stop()
    aws.start()
    assert _settled(aws)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert _ask(aws) == 2, "the endpoint serves again after a restart"

    assert _promote(aws, "none")["StackStatus"] == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match="not found"):
        _ask(aws)
    targets = aws("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[f"endpoint/{ENDPOINT}/variant/AllTraffic"]
    )
    assert targets["ScalableTargets"] == []


def test_a_killed_local_aws_starts_again_from_its_last_quiet_moment(aws: LocalAws) -> None:
    aws("sagemaker").create_model_package_group(ModelPackageGroupName="kept-group")
    snapshot = aws.home / "state" / "sagemaker.json"
    wait_until(lambda: snapshot.exists() and "kept-group" in snapshot.read_text())
    aws.stop(signal.SIGKILL)
    aws.start()
    group = aws("sagemaker").describe_model_package_group(ModelPackageGroupName="kept-group")
    assert group["ModelPackageGroupStatus"] == "Completed"
