"""Endpoints over warm workers: weights, updates that fail, workers that die, metrics and capture."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.toys import BUCKET, IMAGE, ROLE, LocalAws, model_archive, wait_until

NAME = "toy-endpoint"


def _model(aws: LocalAws, name: str, slope: float, *, broken: bool = False) -> None:
    key = f"artifacts/{name}/model.tar.gz"
    aws("s3").put_object(Bucket=BUCKET, Key=key, Body=model_archive(slope, broken=broken))
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "MODEL_VERSION": name,
    }
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{key}", "Environment": environment}
    aws("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)


def _config(aws: LocalAws, name: str, **models: float) -> None:
    variants = [
        {
            "VariantName": model,
            "ModelName": model,
            "InstanceType": "ml.c6i.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": weight,
        }
        for model, weight in models.items()
    ]
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    }
    aws("sagemaker").create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=variants, DataCaptureConfig=capture
    )


def _settled(aws: LocalAws, name: str = NAME) -> dict[str, Any]:
    def settled() -> dict[str, Any] | None:
        found: dict[str, Any] = aws("sagemaker").describe_endpoint(EndpointName=name)
        return found if found["EndpointStatus"] in ("InService", "Failed") else None

    answer: dict[str, Any] = wait_until(settled)
    return answer


def _ask(aws: LocalAws, body: dict[str, Any], **options: str) -> tuple[dict[str, Any], str]:
    answer = aws("sagemaker-runtime").invoke_endpoint(
        EndpointName=NAME,
        ContentType="application/json",
        Accept="application/json",
        Body=json.dumps(body),
        **options,
    )
    assert answer["ContentType"] == "application/json"
    return json.loads(answer["Body"].read()), answer["InvokedProductionVariant"]


@pytest.fixture(scope="module")
def endpoint(aws: LocalAws) -> LocalAws:
    _model(aws, "Two", 2)
    _config(aws, "config-two", Two=1)
    aws("sagemaker").create_endpoint(
        EndpointName=NAME, EndpointConfigName="config-two", Tags=[{"Key": "a", "Value": "b"}]
    )
    assert _settled(aws)["EndpointStatus"] == "InService"
    return aws


def test_the_artifacts_own_code_answers(endpoint: LocalAws) -> None:
    answer, variant = _ask(endpoint, {"x": 21})
    assert (answer["answer"], answer["version"], variant) == (42, "Two", "Two")
    arn = endpoint("sagemaker").describe_endpoint(EndpointName=NAME)["EndpointArn"]
    assert endpoint("sagemaker").list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_an_exception_in_the_code_is_a_model_error(endpoint: LocalAws) -> None:
    with pytest.raises(ClientError) as caught:
        _ask(endpoint, {"y": 1})
    response: dict[str, Any] = dict(caught.value.response)
    assert response["Error"]["Code"] == "ModelError"
    assert response["OriginalStatusCode"] == 500
    assert "KeyError: 'x'" in response["OriginalMessage"]


def test_a_dead_worker_is_started_again(endpoint: LocalAws) -> None:
    before = _ask(endpoint, {"x": 1})[0]["pid"]
    with pytest.raises(ClientError, match="the worker ended while it held the request"):
        _ask(endpoint, {"x": 1, "die": True})
    answer, _ = _ask(endpoint, {"x": 1})
    assert answer["answer"] == 2
    assert answer["pid"] != before


def test_a_failing_update_keeps_the_old_version(endpoint: LocalAws) -> None:
    _model(endpoint, "Broken", 9, broken=True)
    _config(endpoint, "config-broken", Broken=1)
    endpoint("sagemaker").update_endpoint(EndpointName=NAME, EndpointConfigName="config-broken")
    record = _settled(endpoint)
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "config-two")
    assert "did not pass the ping health check" in record["FailureReason"]
    assert "this model cannot be loaded" in record["FailureReason"]
    assert _ask(endpoint, {"x": 1})[0]["answer"] == 2


def test_weights_share_the_requests_and_a_variant_can_be_asked_for(endpoint: LocalAws) -> None:
    _model(endpoint, "Three", 3)
    _config(endpoint, "config-both", Two=3, Three=1)
    endpoint("sagemaker").update_endpoint(EndpointName=NAME, EndpointConfigName="config-both")
    assert _settled(endpoint)["EndpointConfigName"] == "config-both"
    asked = [_ask(endpoint, {"x": 1})[1] for _ in range(8)]
    assert (asked.count("Two"), asked.count("Three")) == (6, 2)
    assert _ask(endpoint, {"x": 1}, TargetVariant="Three")[0]["answer"] == 3
    endpoint("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=NAME, DesiredWeightsAndCapacities=[{"VariantName": "Two", "DesiredWeight": 0}]
    )
    assert {_ask(endpoint, {"x": 1})[1] for _ in range(4)} == {"Three"}
    with pytest.raises(ClientError, match="Variant Four was not found"):
        _ask(endpoint, {"x": 1}, TargetVariant="Four")


def test_an_update_resets_weights_unless_they_are_retained(endpoint: LocalAws) -> None:
    def weight() -> float:
        return float(_settled(endpoint)["ProductionVariants"][0]["CurrentWeight"])

    update = endpoint("sagemaker").update_endpoint
    update(EndpointName=NAME, EndpointConfigName="config-both", RetainAllVariantProperties=True)
    assert weight() == 0
    update(EndpointName=NAME, EndpointConfigName="config-both")
    assert weight() == 3


def test_requests_are_counted_and_captured(endpoint: LocalAws) -> None:
    for _ in range(4):
        _ask(endpoint, {"x": 5})
    dimensions = [{"Name": "EndpointName", "Value": NAME}, {"Name": "VariantName", "Value": "Two"}]

    wanted = {"Invocations", "ModelLatency", "Invocation5XXErrors"}

    def counted() -> bool:
        """Metrics arrive one after the other, so the list is read anew until all are in it."""
        listed = endpoint("cloudwatch").list_metrics(Namespace="AWS/SageMaker", Dimensions=dimensions)
        return wanted <= {metric["MetricName"] for metric in listed["Metrics"]}

    assert wait_until(counted)

    def captured() -> list[str]:
        listed = (
            endpoint("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"capture/{NAME}/Two/").get("Contents", [])
        )
        return [item["Key"] for item in listed]

    key = wait_until(captured)[0]
    line = endpoint("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines()[0]
    record = json.loads(line)
    assert json.loads(record["captureData"]["endpointInput"]["data"])["x"]
    assert record["captureData"]["endpointOutput"]["mode"] == "OUTPUT"


def test_scaling_targets_are_checked_and_hold_the_instance_type(endpoint: LocalAws) -> None:
    scaling, resource = endpoint("application-autoscaling"), f"endpoint/{NAME}/variant/Two"
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": resource,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    with pytest.raises(ClientError, match="Could not find the SageMaker variant"):
        scaling.register_scalable_target(
            **{**target, "ResourceId": "endpoint/none/variant/Two"}, MinCapacity=1, MaxCapacity=3
        )
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)
    scaling.put_scaling_policy(
        **target,
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )
    assert (
        scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"][0]["MaxCapacity"]
        == 3
    )
    assert len(scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]) == 1
    variant = {
        "VariantName": "Two",
        "ModelName": "Two",
        "InstanceType": "ml.c6i.xlarge",
        "InitialInstanceCount": 1,
    }
    endpoint("sagemaker").create_endpoint_config(
        EndpointConfigName="config-bigger", ProductionVariants=[variant]
    )
    with pytest.raises(ClientError, match=r"cannot change from ml\.c6i\.large to ml\.c6i\.xlarge"):
        endpoint("sagemaker").update_endpoint(EndpointName=NAME, EndpointConfigName="config-bigger")
    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []


def test_burstable_and_absent_things_are_refused(endpoint: LocalAws) -> None:
    variant = {
        "VariantName": "Two",
        "ModelName": "Two",
        "InstanceType": "ml.t3.medium",
        "InitialInstanceCount": 1,
    }
    with pytest.raises(
        ClientError, match=r"'ml.t3.medium' at 'productionVariants.1.member.instanceType' failed"
    ):
        endpoint("sagemaker").create_endpoint_config(EndpointConfigName="t3", ProductionVariants=[variant])
    with pytest.raises(ClientError, match="Endpoint none of account 000000000000 not found"):
        endpoint("sagemaker-runtime").invoke_endpoint(EndpointName="none", Body=b"{}")
    with pytest.raises(ClientError, match="Could not find model data"):
        endpoint("sagemaker").create_model(
            ModelName="no-data", PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://toy/none.tar.gz"}
        )
