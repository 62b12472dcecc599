"""Placed work: two platforms as large as the model reckons with, reached by the router and nobody else."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from catalog.contract import Placement
from catalog.models import MODELS
from catalog.models.placement import PLACEMENT
from catalog.spec import Router
from local.property_values import api_named, coerced
from local.request_shapes import check, service_model
from stacks.environments import DEV, ENVIRONMENTS, LOCAL, PROD, Environment
from stacks.names import exploration_parameter
from stacks.placements import PlacementSettings
from tests.stacks.assembly import ACCOUNT, Assembly, plain
from tests.stacks.conftest import Synthesize
from tests.stacks.test_api import paths
from tests.stacks.test_permissions import listed

STACK = "Placement"
COUNTED = {"Routed", "Explored", "Thrifty", "FailedOver", "LambdaFailed", "EcsFailed"}
"""By the router, of its requests."""


@pytest.fixture
def twins() -> Placement:
    found = PLACEMENT.contract.placement
    assert found
    return found


@pytest.fixture
def serving() -> Router:
    assert PLACEMENT.router
    return PLACEMENT.router


def one(assembly: Assembly, kind: str, start: str = "") -> dict[str, Any]:
    """The properties of the one resource of this kind whose logical id starts so."""
    found = assembly.resources(kind, STACK)
    (resource,) = (each for name, each in found.items() if name.startswith(start))
    properties: dict[str, Any] = resource["Properties"]
    return properties


def container(assembly: Assembly) -> dict[str, Any]:
    (only,) = one(assembly, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    found: dict[str, Any] = only
    return found


def variables(assembly: Assembly) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in container(assembly)["Environment"]}


def attributes(properties: dict[str, Any], name: str) -> dict[str, Any]:
    return {each["Key"]: each["Value"] for each in properties[name]}


def alarms(assembly: Assembly) -> dict[str, dict[str, Any]]:
    found = assembly.resources("AWS::CloudWatch::Alarm", STACK).items()
    return {name: each["Properties"] for name, each in found}


def allowed(assembly: Assembly, role: str) -> dict[str, list[str]]:
    """What the role may do, and on what."""
    found: dict[str, list[str]] = {}
    for name, statement in assembly.statements():
        if name.startswith(f"{STACK}/{role}DefaultPolicy") and statement["Effect"] == "Allow":
            for action in listed(statement["Action"]):
                found.setdefault(str(action), []).extend(map(json.dumps, listed(statement["Resource"])))
    return found


def test_the_function_is_as_large_as_the_model_reckons(prod: Assembly, twins: Placement) -> None:
    function = one(prod, "AWS::Lambda::Function", "Function")
    assert function["FunctionName"] == "prod-workload"
    assert (function["MemorySize"], function["Timeout"]) == (
        twins.function.memory_mb,
        twins.function.timeout_s,
    )
    assert function["Environment"]["Variables"]["PLATFORM"] == "lambda"
    assert len(function["Layers"]) == 1  # that of all functions would make its cold starts longer
    assert "ReservedConcurrentExecutions" not in function


def test_the_service_is_as_large_as_the_model_reckons(prod: Assembly, twins: Placement) -> None:
    task = one(prod, "AWS::ECS::TaskDefinition")
    assert (int(task["Cpu"]), int(task["Memory"])) == (
        1024 * twins.service.vcpu,
        1024 * twins.service.memory_gb,
    )
    assert task["RuntimePlatform"] == {"CpuArchitecture": "X86_64", "OperatingSystemFamily": "LINUX"}
    assert variables(prod)["CONCURRENCY"] == str(twins.service.concurrency)
    assert variables(prod)["MALLOC_ARENA_MAX"] == "2"  # threads that keep freed memory outgrow a small task


def test_the_service_scales_as_the_model_reckons(prod: Assembly, twins: Placement) -> None:
    target = one(prod, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (
        twins.service.min_tasks,
        twins.service.max_tasks,
    )
    policy = one(prod, "AWS::ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking == {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        "ScaleInCooldown": twins.service.scale_in_s,
        "ScaleOutCooldown": twins.service.scale_out_s,
        "TargetValue": 100 * twins.service.target_utilisation,
    }
    assert "DesiredCount" not in one(prod, "AWS::ECS::Service")  # each update would undo what scaling did


def test_a_larger_twin_is_a_larger_resource(synthesized: Synthesize, twins: Placement) -> None:
    larger = dataclasses.replace(
        twins,
        function=dataclasses.replace(twins.function, memory_mb=3008),
        service=dataclasses.replace(twins.service, vcpu=2.0, memory_gb=4.0, max_tasks=7),
    )
    contract = dataclasses.replace(PLACEMENT.contract, placement=larger)
    spec = dataclasses.replace(PLACEMENT, contract=contract)
    others = [each for each in MODELS if each.name != spec.name]
    found = synthesized(DEV, (*others, spec))
    assert one(found, "AWS::Lambda::Function", "Function")["MemorySize"] == 3008
    task = one(found, "AWS::ECS::TaskDefinition")
    assert (task["Cpu"], task["Memory"]) == ("2048", "4096")
    assert one(found, "AWS::ApplicationAutoScaling::ScalableTarget")["MaxCapacity"] == 7
    (full,) = (each for each in alarms(found).values() if each["MetricName"] == "RunningTaskCount")
    assert full["Threshold"] == 6


def test_both_platforms_run_the_same_bytes(prod: Assembly) -> None:
    code = one(prod, "AWS::Lambda::Function", "Function")["Code"]["S3Key"]
    assert plain(variables(prod)["CODE_S3"]).endswith(f"/{code}")
    layer = one(prod, "AWS::Lambda::LayerVersion", "Codecs")["Content"]["S3Key"]
    assert plain(variables(prod)["LAYER_S3"]).endswith(f"/{layer}")


def test_local_tasks_find_compiled_code_in_their_interpreter(local: Assembly) -> None:
    assert set(variables(local)) >= {"CODE_S3", "HOST", "PORT", "PLATFORM"}
    assert "LAYER_S3" not in variables(local)


def test_the_image_is_taken_as_it_is_and_the_code_fetched(prod: Assembly) -> None:
    told = container(prod)
    assert told["Image"] == "public.ecr.aws/lambda/python:3.12"
    assert told["EntryPoint"] == ["python3", "-c"]
    assert told["Command"] == [Path("lambda/workload/bootstrap.py").read_text()]
    assert not [each for each in prod.manifest["artifacts"] if "docker" in each.lower()]
    for path in prod.folder.rglob("*.assets.json"):
        assert json.loads(path.read_text())["dockerImages"] == {}


def test_the_task_is_not_root_and_writes_to_memory_only(prod: Assembly) -> None:
    told = container(prod)
    assert told["User"] not in ("", "0", "root")
    assert told["ReadonlyRootFilesystem"] is True
    assert "Privileged" not in told
    (scratch,) = told["LinuxParameters"]["Tmpfs"]
    assert scratch["ContainerPath"] == "/tmp"  # noqa: S108 where Python looks for it
    assert {"nosuid", "nodev", f"uid={told['User']}", f"gid={told['User']}"} <= set(scratch["MountOptions"])
    assert told["LogConfiguration"]["LogDriver"] == "awslogs"
    assert told["HealthCheck"]["Command"][0] == "CMD"


def test_a_task_may_fetch_its_code_and_nothing_else(prod: Assembly) -> None:
    may = allowed(prod, "TaskTaskRole")
    assert set(may) == {"s3:GetObject"}
    assert len(may["s3:GetObject"]) == 2
    for each in may["s3:GetObject"]:
        assert "*" not in each
        assert each.endswith(('.zip"', '.zip"]]}', '.zip"}'))
    assert set(allowed(prod, "TaskExecutionRole")) == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_the_workload_function_may_log_and_trace_and_nothing_else(prod: Assembly) -> None:
    services = {action.split(":")[0] for action in allowed(prod, "FunctionRole")}
    assert services == {"logs", "xray"}


def test_the_router_may_do_what_it_is_for(prod: Assembly) -> None:
    may = allowed(prod, "RouterRole")
    own = {action: may[action] for action in may if action.split(":")[0] not in ("logs", "xray", "ec2")}
    assert set(own) == {
        "ssm:GetParameters",
        "sagemaker:DescribeModelPackage",
        "s3:GetObject",
        *(f"dynamodb:{each}Item" for each in ("BatchGet", "Delete", "Get", "Put", "Update")),
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "lambda:InvokeFunction",
        "firehose:PutRecord",
        "sqs:SendMessage",
    }
    assert not [each for resources in own.values() for each in resources if each == '"*"']
    (twin,) = own["lambda:InvokeFunction"]
    assert twin.startswith('{"Fn::GetAtt": ["Function')
    assert {each.rsplit("/", 1)[-1].strip('"]}') for each in own["ssm:GetParameters"]} == {
        "champion",
        "candidate",
        "exploration",
    }


def test_the_routers_code_may_not_touch_network_interfaces(prod: Assembly) -> None:
    """Lambda makes them by the function's role, which its code holds too."""
    (denied,) = (
        each for name, each in prod.statements() if name.startswith(STACK) and each["Effect"] == "Deny"
    )
    actions = {each for each in allowed(prod, "RouterRole") if each.startswith("ec2:")}
    assert set(denied["Action"]) == actions != set()
    own = plain(denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"])
    assert own.endswith(":function:prod-router")


def test_nothing_comes_in_from_outside(prod: Assembly) -> None:
    groups = prod.resources("AWS::EC2::SecurityGroup", STACK)
    assert len(groups) == 3
    for name, group in groups.items():
        assert "SecurityGroupIngress" not in group["Properties"], name
    rules = [
        (source(each["SourceSecurityGroupId"]), source(each["GroupId"]), each["FromPort"], each["ToPort"])
        for each in properties(prod, "AWS::EC2::SecurityGroupIngress")
    ]
    assert sorted(rules) == [
        ("NetworkBalancer", "NetworkTasks", 8080, 8080),
        ("NetworkRouter", "NetworkBalancer", 80, 80),
    ]


def test_what_runs_goes_out_by_tls_alone(prod: Assembly) -> None:
    for name, group in prod.resources("AWS::EC2::SecurityGroup", STACK).items():
        for rule in group["Properties"].get("SecurityGroupEgress", []):
            assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443), name
    beside = [
        (source(each["GroupId"]), source(each["DestinationSecurityGroupId"]), each["FromPort"])
        for each in properties(prod, "AWS::EC2::SecurityGroupEgress")
    ]
    assert sorted(beside) == [
        ("NetworkBalancer", "NetworkTasks", 8080),
        ("NetworkRouter", "NetworkBalancer", 80),
    ]


def properties(assembly: Assembly, kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in assembly.resources(kind, STACK).values()]


def source(reference: dict[str, Any]) -> str:
    """A security group's logical id without its hash."""
    return str(reference["Fn::GetAtt"][0])[:-8]


def subnets(value: list[dict[str, Any]]) -> set[str]:
    return {str(each["Ref"]).partition("Subnet")[0] for each in value}


def test_what_runs_lies_in_private_subnets(prod: Assembly) -> None:
    service = one(prod, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert service["AssignPublicIp"] == "DISABLED"
    balancer = one(prod, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internal"
    router = one(prod, "AWS::Lambda::Function", "Router")["VpcConfig"]
    for each in (service["Subnets"], balancer["Subnets"], router["SubnetIds"]):
        assert len(each) == 2
        assert subnets(each) == {"NetworkVpcPrivate"}
    for subnet in properties(prod, "AWS::EC2::Subnet"):
        assert subnet["MapPublicIpOnLaunch"] is False
        assert "Fn::Select" in subnet["AvailabilityZone"]  # synth asks nobody


@pytest.mark.parametrize(("which", "gateways"), [("local", 1), ("dev", 1), ("prod", 2)])
def test_a_gateway_in_each_zone_of_production(
    which: str, gateways: int, request: pytest.FixtureRequest
) -> None:
    assembly: Assembly = request.getfixturevalue(which)
    assert len(assembly.resources("AWS::EC2::NatGateway", STACK)) == gateways
    for nat in properties(assembly, "AWS::EC2::NatGateway"):
        assert subnets([nat["SubnetId"]]) == {"NetworkVpcNat"}


def test_the_network_is_recorded_and_reaches_storage_by_gateways(prod: Assembly) -> None:
    flow = one(prod, "AWS::EC2::FlowLog")
    assert flow["TrafficType"] == "ALL"
    endpoints = properties(prod, "AWS::EC2::VPCEndpoint")
    assert {each["VpcEndpointType"] for each in endpoints} == {"Gateway"}
    assert {plain(each["ServiceName"]).rsplit(".", 1)[-1] for each in endpoints} == {"s3", "dynamodb"}


def test_the_load_balancer_is_strict_and_logged(prod: Assembly) -> None:
    balancer = attributes(one(prod, "AWS::ElasticLoadBalancingV2::LoadBalancer"), "LoadBalancerAttributes")
    assert balancer["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert balancer["access_logs.s3.enabled"] == "true"


def test_targets_are_probed_and_drained(prod: Assembly, serving: Router) -> None:
    group = one(prod, "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (group["TargetType"], group["Port"], group["HealthCheckPath"]) == ("ip", 8080, "/health")
    found = attributes(group, "TargetGroupAttributes")
    assert found["deregistration_delay.timeout_seconds"] == str(serving.timeout_s)
    assert found["load_balancing.algorithm.type"] == "least_outstanding_requests"


def test_a_busy_task_has_time_to_say_that_it_is_well(prod: Assembly) -> None:
    group = one(prod, "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert group["HealthCheckTimeoutSeconds"] < group["HealthCheckIntervalSeconds"]  # AWS refuses others
    assert group["HealthCheckIntervalSeconds"] * group["UnhealthyThresholdCount"] >= 50
    probe = container(prod)["HealthCheck"]
    assert probe["Timeout"] < probe["Interval"]
    assert probe["Interval"] * probe["Retries"] >= 90


def test_a_failing_deployment_is_taken_back(prod: Assembly) -> None:
    service = one(prod, "AWS::ECS::Service")
    deployment = service["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert deployment["MinimumHealthyPercent"] == 100
    assert not service.get("EnableExecuteCommand")
    cluster = one(prod, "AWS::ECS::Cluster")
    assert {"Name": "containerInsights", "Value": "enabled"} in cluster["ClusterSettings"]


@pytest.mark.parametrize("env", ENVIRONMENTS, ids=lambda env: env.name)
def test_outcomes_are_gathered_where_training_reads_them(synthesized: Synthesize, env: Environment) -> None:
    assert env.placement
    stream = one(synthesized(env), "AWS::KinesisFirehose::DeliveryStream")
    to = stream["ExtendedS3DestinationConfiguration"]
    record = PLACEMENT.contract.record.name
    assert to["Prefix"] == f"{record}/profile=live/date=!{{timestamp:yyyy-MM-dd}}/"
    assert (to["FileExtension"], to["CompressionFormat"]) == (".jsonl", "UNCOMPRESSED")
    assert to["BufferingHints"]["IntervalInSeconds"] == env.placement.outcome_window_s
    assert not to["ErrorOutputPrefix"].startswith(f"{record}/")  # training would read errors as records
    assert stream["DeliveryStreamEncryptionConfigurationInput"]["KeyType"] == "CUSTOMER_MANAGED_CMK"


def test_the_stream_writes_its_prefixes_only(prod: Assembly) -> None:
    may = allowed(prod, "OutcomesRole")
    assert all("/placement_request/" in each for each in may["s3:PutObject"])
    assert "s3:GetObject" not in may
    role = one(prod, "AWS::IAM::Role", "OutcomesRole")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]


def test_the_stream_waits_for_its_role(prod: Assembly) -> None:
    """Firehose tries the role when the stream is made."""
    (stream,) = prod.resources("AWS::KinesisFirehose::DeliveryStream", STACK).values()
    assert any(each.startswith("OutcomesRoleDefaultPolicy") for each in stream["DependsOn"])


def test_the_router_is_told_where_everything_is(prod: Assembly, serving: Router) -> None:
    function = one(prod, "AWS::Lambda::Function", "Router")
    assert (function["FunctionName"], function["Handler"]) == ("prod-router", "place.handler.handler")
    assert (function["MemorySize"], function["Timeout"]) == (serving.memory_mb, serving.timeout_s)
    told = function["Environment"]["Variables"]
    assert told["MODEL"] == PLACEMENT.name
    assert "Function" in told["FUNCTION_TWIN"]["Ref"]
    assert plain(told["SERVICE_URL"]).startswith("http://ServiceBalancer")
    assert told["OUTCOMES"] == "prod-outcomes"
    assert "OutcomesUnrecorded" in told["DEAD_LETTERS"]["Ref"]
    assert told["EXPLORATION"] == exploration_parameter(PROD, PLACEMENT)


def test_predictions_alone_come_from_the_same_code(prod: Assembly) -> None:
    router = one(prod, "AWS::Lambda::Function", "Router")
    (plain_one,) = (
        each["Properties"]
        for each in prod.resources("AWS::Lambda::Function", "Api").values()
        if each["Properties"].get("FunctionName") == "prod-placement"
    )
    assert plain_one["Code"] == router["Code"]
    assert plain_one["Handler"] == router["Handler"]
    given = plain_one["Environment"]["Variables"]
    beyond = set(router["Environment"]["Variables"]) - set(given)
    assert beyond == {"FUNCTION_TWIN", "SERVICE_URL", "OUTCOMES", "DEAD_LETTERS", "EXPLORATION"}
    assert "VpcConfig" not in plain_one


def test_exploration_starts_with_what_the_environment_says(synthesized: Synthesize) -> None:
    env = dataclasses.replace(DEV, placement=PlacementSettings(explored_percent=0))
    parameter = one(synthesized(env), "AWS::SSM::Parameter")
    assert parameter["Name"] == "/ops-ml/dev/placement/exploration"
    assert parameter["Value"] == "0"


def test_work_is_forwarded_where_the_model_says(prod: Assembly, serving: Router) -> None:
    method = paths(prod)["POST", serving.forward]
    assert method["AuthorizationType"] == "AWS_IAM"
    integration = method["Integration"]
    assert isinstance(integration, dict)
    assert ":function:prod-router/" in plain(integration["Uri"])
    permissions = prod.resources("AWS::Lambda::Permission", "Api").values()
    own = [each for each in permissions if "prod-router" in json.dumps(each["Properties"]["FunctionName"])]
    assert len(own) == 1
    assert plain(own[0]["Properties"]["SourceArn"]).endswith(f"/POST{serving.forward}")


def test_alarms_watch_both_platforms(prod: Assembly, twins: Placement, serving: Router) -> None:
    half_ms = 1000 * serving.timeout_s / 2
    found = {(each["Namespace"], each["MetricName"]): each["Threshold"] for each in alarms(prod).values()}
    assert found == {
        ("AWS/ApplicationELB", "UnHealthyHostCount"): 0,
        ("AWS/ApplicationELB", "HealthyHostCount"): twins.service.min_tasks,
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): 5,
        ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"): 5,
        ("AWS/ApplicationELB", "TargetResponseTime"): half_ms / 1000,  # in seconds
        ("ECS/ContainerInsights", "RunningTaskCount"): twins.service.max_tasks - 1,
        ("ECS/ContainerInsights", "PendingTaskCount"): 0,
        ("AWS/Lambda", "Errors"): 0,
        ("AWS/Lambda", "Throttles"): 0,
        ("AWS/Lambda", "Duration"): half_ms,
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): 0,
        ("AWS/Firehose", "DeliveryToS3.DataFreshness"): 3600,
        ("OpsMl", "FailedOver"): 10,
    }
    by_metric = {each["MetricName"]: each for each in alarms(prod).values()}
    assert by_metric["TargetResponseTime"]["ExtendedStatistic"] == "p99"
    assert by_metric["RunningTaskCount"]["Statistic"] == "Minimum"  # all the time, not once
    least = by_metric["HealthyHostCount"]
    assert (least["ComparisonOperator"], least["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    names = {each["Name"] for each in by_metric["UnHealthyHostCount"]["Dimensions"]}
    assert names == {"TargetGroup", "LoadBalancer"}


def test_the_dashboard_shows_what_alarms_watch(prod: Assembly) -> None:
    body = json.dumps(one(prod, "AWS::CloudWatch::Dashboard")["DashboardBody"])
    apart = {"ApproximateNumberOfMessagesVisible"}
    for metric in {each["MetricName"] for each in alarms(prod).values()} - apart | COUNTED:
        assert f'\\"{metric}\\"' in body, metric


def test_an_environment_without_placement_still_predicts(synthesized: Synthesize, serving: Router) -> None:
    without = synthesized(dataclasses.replace(DEV, placement=None))
    assert STACK not in without.stacks()
    assert ("POST", serving.forward) not in paths(without)
    assert ("POST", PLACEMENT.route) in paths(without)
    assert not without.resources("AWS::ECS::Cluster")
    assert not without.resources("AWS::EC2::NatGateway")


def test_without_a_model_that_places_there_is_nothing_to_place(synthesized: Synthesize) -> None:
    without = synthesized(LOCAL, [spec for spec in MODELS if not spec.router])
    assert STACK not in without.stacks()
    assert not without.resources("AWS::KinesisFirehose::DeliveryStream")


def test_settings_aws_would_refuse_are_told_at_once() -> None:
    settings = PlacementSettings(
        cidr="10.0.0.0/26", zones=1, nat_gateways=2, explored_percent=11, outcome_window_s=901
    )
    with pytest.raises(ValueError, match="environment 'x'") as error:
        Environment(name="x", placement=settings)
    for part in ("cidr '10.0.0.0/26'", "zones", "nat_gateways", "0 to 10, got 11", "0 to 900, got 901"):
        assert part in str(error.value)
    with pytest.raises(ValueError, match="placement: cidr"):
        Environment(name="x", placement=PlacementSettings(cidr="10.0.0.0/8x"))


@pytest.mark.parametrize(
    ("kind", "service", "operation"),
    [
        ("AWS::ECS::TaskDefinition", "ecs", "RegisterTaskDefinition"),
        ("AWS::ECS::Service", "ecs", "CreateService"),
        ("AWS::ApplicationAutoScaling::ScalableTarget", "application-autoscaling", "RegisterScalableTarget"),
        ("AWS::KinesisFirehose::DeliveryStream", "firehose", "CreateDeliveryStream"),
    ],
)
def test_the_services_own_models_take_what_is_asked(
    prod: Assembly, kind: str, service: str, operation: str
) -> None:
    shape = service_model(service).operation_model(operation).input_shape
    asked = filled(one(prod, kind))
    assert (
        check(service, operation, coerced(api_named(asked, shape) if service == "ecs" else asked, shape))
        == []
    )


def filled(value: Any) -> Any:
    """Properties with stand-ins of the right form for what is known at deployment."""
    if isinstance(value, list):
        return [filled(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::ImportValue" in value:
        return "arn:aws:s3:::raw" if "Raw" in str(value) else f"arn:aws:kms:us-east-1:{ACCOUNT}:key/it"
    if len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
        return plain(value)
    return {name: filled(each) for name, each in value.items()}
