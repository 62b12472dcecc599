"""The API: signed, throttled, traced, validated, refusing in problem+json; insights never lost."""

import dataclasses
import json

from catalog.datasets import DATASETS
from catalog.models import MODELS
from catalog.models.placement import PLACEMENT
from stacks.api_stack import CONTROL
from stacks.environments import LOCAL, PROD
from stacks.names import undo_alarms
from tests.models import FUNCTIONS, OPTIMIZERS, ROUTERS
from tests.stacks.assembly import Assembly


def paths(assembly: Assembly) -> dict[tuple[str, str], dict[str, object]]:
    resources = assembly.resources("AWS::ApiGateway::Resource", "Api")

    def path(name: str) -> str:
        resource = resources[name]["Properties"]
        parent = resource["ParentId"].get("Ref")
        return (path(parent) if parent else "") + "/" + str(resource["PathPart"])

    methods = assembly.resources("AWS::ApiGateway::Method", "Api").values()
    found = [method["Properties"] for method in methods]
    return {(each["HttpMethod"], path(each["ResourceId"]["Ref"])): each for each in found}


def test_routes_come_from_the_specs(prod: Assembly) -> None:
    assert set(paths(prod)) == {
        *(("POST", spec.route) for spec in MODELS),
        *(("POST", router.forward) for router in ROUTERS),
        *((method, f"{spec.api}/{path}") for spec in MODELS for method, path in CONTROL),
        ("GET", "/api/models"),
        ("GET", "/api/models/{model}/history"),
        ("POST", "/api/insights"),
    }


def test_every_route_is_signed_and_every_body_validated(prod: Assembly) -> None:
    for (verb, path), method in paths(prod).items():
        assert method["AuthorizationType"] == "AWS_IAM", path
        assert ("RequestModels" in method) is (verb == "POST"), path
    (validator,) = prod.resources("AWS::ApiGateway::RequestValidator").values()
    assert validator["Properties"]["ValidateRequestBody"] is True


def test_the_stage_is_throttled_logged_and_traced(prod: Assembly) -> None:
    (stage,) = prod.resources("AWS::ApiGateway::Stage").values()
    properties = stage["Properties"]
    assert properties["TracingEnabled"] is True
    assert "AccessLogSetting" in properties
    (settings,) = properties["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (200, 400)
    assert settings["DataTraceEnabled"] is False


def test_execution_logs_are_kept_as_the_others_are(prod: Assembly) -> None:
    (rest,) = prod.resources("AWS::ApiGateway::RestApi", "Api")
    named = {"Fn::Join": ["", ["API-Gateway-Execution-Logs_", {"Ref": rest}, "/v1"]]}
    groups = prod.resources("AWS::Logs::LogGroup", "Api")
    (group,) = (name for name, each in groups.items() if each["Properties"].get("LogGroupName") == named)
    (stage,) = prod.resources("AWS::ApiGateway::Stage").values()
    assert group in stage["DependsOn"]  # else API Gateway makes it first


def test_what_the_whole_account_uses_outlives_the_stack(dev: Assembly) -> None:
    (account,) = dev.resources("AWS::ApiGateway::Account", "Api").values()
    role = account["Properties"]["CloudWatchRoleArn"]["Fn::GetAtt"][0]
    assert account["DeletionPolicy"] == "Retain"
    assert dev.resources("AWS::IAM::Role", "Api")[role]["DeletionPolicy"] == "Retain"


def test_the_gateway_refuses_in_problem_json(prod: Assembly) -> None:
    answers = prod.resources("AWS::ApiGateway::GatewayResponse").values()
    found = {each["Properties"]["ResponseType"]: each["Properties"] for each in answers}
    statuses = {
        "MISSING_AUTHENTICATION_TOKEN": "403",
        "ACCESS_DENIED": "403",
        "REQUEST_TOO_LARGE": "413",
        "THROTTLED": "429",
        "QUOTA_EXCEEDED": "429",
        "BAD_REQUEST_BODY": "400",
    }
    assert {kind: found[kind]["StatusCode"] for kind in statuses} == statuses
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(found)
    for answer in found.values():
        media = answer["ResponseParameters"]["gatewayresponse.header.Content-Type"]
        assert media == "'application/problem+json'"
        problem = json.loads(answer["ResponseTemplates"]["application/json"])
        assert {"type", "title", "detail", "request_id"} <= set(problem)
        status = answer.get("StatusCode")
        assert problem.get("status") == (int(status) if status else None)  # never another than was answered
    assert "gatewayresponse.header.Retry-After" in found["THROTTLED"]["ResponseParameters"]


def test_only_optimisers_have_the_solver(prod: Assembly) -> None:
    layers = prod.resources("AWS::Lambda::LayerVersion", "Api")
    (solver,) = (name for name, each in layers.items() if "Solver" in name)
    functions = prod.resources("AWS::Lambda::Function", "Api").values()
    having = {
        each["Properties"]["FunctionName"]
        for each in functions
        if {"Ref": solver} in each["Properties"].get("Layers", [])
    }
    assert having == {f"prod-{spec.name}" for spec in OPTIMIZERS}


def test_functions_are_traced_and_log_as_long_as_the_environment_says(prod: Assembly) -> None:
    functions = prod.resources("AWS::Lambda::Function").values()
    own = {spec.name for spec in MODELS if spec.function}
    named = {each["Properties"].get("FunctionName") for each in functions} - {None}
    collecting = {f"prod-collect-{dataset.name.replace('_', '-')}" for dataset in DATASETS}
    assert named == {f"prod-{name}" for name in own} | {"prod-router", "prod-workload"} | collecting
    for function in functions:
        properties = function["Properties"]
        assert properties["Runtime"] == "python3.12"
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert properties["LoggingConfig"]["LogGroup"]
        assert len(properties["Layers"]) in (1, 2, 3)
        assert properties["KmsKeyArn"]
    groups = prod.resources("AWS::Logs::LogGroup").values()
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {365}


def test_the_archive_retries_splits_and_keeps_what_fails(prod: Assembly) -> None:
    (mapping,) = prod.resources("AWS::Lambda::EventSourceMapping", "Api").values()
    properties = mapping["Properties"]
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["BisectBatchOnFunctionError"] is True
    assert "MaximumRetryAttempts" not in properties  # until the records are too old
    assert properties["MaximumRecordAgeInSeconds"] == 23 * 3600
    assert (properties["BatchSize"], properties["MaximumBatchingWindowInSeconds"]) == (500, 300)
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    destination = properties["DestinationConfig"]["OnFailure"]["Destination"]
    assert "Raw" in destination["Fn::ImportValue"]  # a bucket gets the records, a queue only their place
    (pattern,) = (json.loads(each["Pattern"]) for each in properties["FilterCriteria"]["Filters"])
    assert pattern["dynamodb"]["NewImage"]["origin"]["S"] == ["api"]
    assert pattern["eventName"] == ["INSERT", "MODIFY"]


def test_an_archive_that_falls_behind_is_told_long_before_the_stream_forgets(prod: Assembly) -> None:
    (alarm,) = (
        each["Properties"]
        for each in prod.resources("AWS::CloudWatch::Alarm").values()
        if each["Properties"]["MetricName"] == "IteratorAge"
    )
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 3600 * 1000)
    puts = [
        json.dumps(statement["Resource"])
        for name, statement in prod.statements()
        if "StreamArchive" in name and statement["Action"] == "s3:PutObject"
    ]
    assert any("/aws/lambda/*" in each for each in puts)


def test_every_queue_of_dead_letters_raises_an_alarm(prod: Assembly) -> None:
    alarms = prod.resources("AWS::CloudWatch::Alarm").values()
    depth = [
        each["Properties"]
        for each in alarms
        if each["Properties"]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    ]
    queues = prod.resources("AWS::SQS::Queue").values()
    letters = [queue for queue in queues if "RedrivePolicy" not in queue["Properties"]]
    assert len(depth) == len(letters) >= 5
    assert {each["Threshold"] for each in depth} == {0}


def test_every_function_raises_alarms(prod: Assembly) -> None:
    alarms = [each["Properties"] for each in prod.resources("AWS::CloudWatch::Alarm").values()]
    for name in ("Errors", "Throttles"):
        found = [each for each in alarms if each["MetricName"] == name and "AlarmName" not in each]
        assert len(found) == len(prod.resources("AWS::Lambda::Function"))


def test_the_alarms_that_promotions_watch_are_there_and_silent_without_one(prod: Assembly) -> None:
    alarms = [each["Properties"] for each in prod.resources("AWS::CloudWatch::Alarm", "Api").values()]
    named = {each["AlarmName"]: each for each in alarms if "AlarmName" in each}
    watched = [spec for spec in FUNCTIONS if spec.training]
    names = {name: metric for spec in watched for metric, name in undo_alarms(PROD, spec).items()}
    watching = {name: each["MetricName"] for name, each in named.items()}
    assert watching == {name: metric.removeprefix("Router") for name, metric in names.items()}
    assert set(names.values()) == {"CandidateFaults", "Errors", "RouterErrors"}
    for each in named.values():
        assert (each["Period"], each["Threshold"], each["TreatMissingData"]) == (60, 0, "notBreaching")


def test_a_promotion_is_watched_in_the_router_too(prod: Assembly, local: Assembly) -> None:
    for assembly, env in ((prod, PROD), (local, LOCAL)):
        alarms = [each["Properties"] for each in assembly.resources("AWS::CloudWatch::Alarm", "Api").values()]
        (watching,) = (each for each in alarms if each.get("AlarmName", "").endswith("-undo-routererrors"))
        assert watching["Dimensions"] == [{"Name": "FunctionName", "Value": f"{env.name}-router"}]
        assert watching["AlarmName"] in undo_alarms(env, PLACEMENT).values()
    without = dataclasses.replace(PROD, placement=None)
    assert "RouterErrors" not in undo_alarms(without, PLACEMENT)


def test_alarms_and_dashboard_share_their_metrics(prod: Assembly) -> None:
    """What an alarm watches about an endpoint, the dashboard shows; that of placed work has its own test."""
    (dashboard,) = prod.resources("AWS::CloudWatch::Dashboard", "Api").values()
    body = str(dashboard["Properties"]["DashboardBody"])
    for name, alarm in prod.resources("AWS::CloudWatch::Alarm").items():
        if name.startswith("Placement/"):
            continue
        metric = alarm["Properties"]["MetricName"]
        if alarm["Properties"]["Namespace"] in ("AWS/SageMaker", "/aws/sagemaker/Endpoints", "OpsMl"):
            assert f'"{metric}"' in body, metric
