"""Nobody may do more than his work; what is allowed on everything is listed here with its reason."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from catalog.datasets import DATASETS
from catalog.spec import ModelSpec
from stacks.names import model_id
from tests.models import ENDPOINTS, FUNCTIONS, LEARNED
from tests.stacks.assembly import Assembly, plain

NO_RESOURCE = {
    "xray:PutTraceSegments": "traces belong to no resource",
    "xray:PutTelemetryRecords": "traces belong to no resource",
    "xray:GetSamplingRules": "traces belong to no resource",
    "xray:GetSamplingTargets": "traces belong to no resource",
    "logs:CreateLogDelivery": "log delivery actions take no resource",
    "logs:GetLogDelivery": "log delivery actions take no resource",
    "logs:UpdateLogDelivery": "log delivery actions take no resource",
    "logs:DeleteLogDelivery": "log delivery actions take no resource",
    "logs:ListLogDeliveries": "log delivery actions take no resource",
    "logs:PutResourcePolicy": "log delivery actions take no resource",
    "logs:DescribeResourcePolicies": "log delivery actions take no resource",
    "logs:DescribeLogGroups": "log delivery actions take no resource",
    "cloudwatch:PutMetricData": "takes no resource; a condition names the namespace",
    "ecr:GetAuthorizationToken": "takes no resource",
    "cloudwatch:DescribeAlarms": "takes no resource; promotion asks whether its alarms ring",
    "autoscaling:DescribeAutoScalingGroups": "takes no resource",
    "dynamodb:ListStreams": "takes no resource; the event source's grant",
    "ec2:AssignPrivateIpAddresses": "a function's interfaces are not known beforehand",
    "ec2:UnassignPrivateIpAddresses": "a function's interfaces are not known beforehand",
    "ec2:CreateNetworkInterface": "a job's interfaces are not known beforehand",
    "ec2:CreateNetworkInterfacePermission": "a job's interfaces are not known beforehand",
    "ec2:DeleteNetworkInterface": "a job's interfaces are not known beforehand",
    "ec2:DeleteNetworkInterfacePermission": "a job's interfaces are not known beforehand",
    "ec2:DescribeDhcpOptions": "EC2's describe calls take no resource",
    "ec2:DescribeNetworkInterfaces": "EC2's describe calls take no resource",
    "ec2:DescribeSecurityGroups": "EC2's describe calls take no resource",
    "ec2:DescribeSubnets": "EC2's describe calls take no resource",
    "ec2:DescribeVpcs": "EC2's describe calls take no resource",
    **{call.action: call.reason for dataset in DATASETS for call in dataset.calls},
}
MANAGED = ("AmazonAPIGatewayPushToCloudWatchLogs",)


KNOWN: dict[str, Any] = json.loads(
    files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text()
)
"""What each action of each service is authorized on, as AWS publishes it."""
WHOLE_ARN = re.compile(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:.+")


def listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def kinds(service: str, action: str) -> list[re.Pattern[str]]:
    """Forms of the ARNs that the action is authorized on; none where it takes no resource."""
    named = KNOWN[service]["Actions"][action.lower()].get("Resources", [])
    forms = [form for name in named for form in KNOWN[service]["Resources"][name]["ARNFormats"]]
    return [re.compile(re.sub(r"\$\{\w+\}", "[^:]*", form)) for form in forms]


def unauthorized(statement: dict[str, Any]) -> Iterator[str]:
    """Actions of the statement that none of its resources allows. ARNs that AWS makes cannot be judged."""
    given = listed(statement["Resource"])
    resources = [plain(each) for each in given]
    if "Fn::GetAtt" in json.dumps(given) or not all(WHOLE_ARN.fullmatch(each) for each in resources):
        return
    for each in map(str, listed(statement["Action"])):
        service, _, action = each.partition(":")
        if "*" not in action and not any(
            form.match(arn) for form in kinds(service, action) for arn in resources
        ):
            yield f"{each} on {', '.join(resources)}"


def test_no_policy_gives_everything(prod: Assembly) -> None:
    for name, statement in prod.statements():
        for action in listed(statement["Action"]):
            assert ":" in str(action), name
            assert not str(action).endswith(":*"), name


@pytest.mark.parametrize("which", ["local", "prod"])
def test_every_action_is_allowed_on_what_it_is_authorized_on(
    which: str, request: pytest.FixtureRequest
) -> None:
    assembly: Assembly = request.getfixturevalue(which)
    found = [f"{name}: {each}" for name, given in assembly.statements() for each in unauthorized(given)]
    assert found == []


def test_managed_policies_are_the_known_ones(prod: Assembly) -> None:
    for name, role in prod.resources("AWS::IAM::Role").items():
        for policy in role["Properties"].get("ManagedPolicyArns", []):
            text = json.dumps(policy)
            assert "FullAccess" not in text, name
            assert any(each in text for each in MANAGED), name


@pytest.mark.parametrize("which", ["local", "prod"])
def test_what_is_allowed_on_everything_has_a_reason(which: str, request: pytest.FixtureRequest) -> None:
    assembly: Assembly = request.getfixturevalue(which)
    for name, statement in assembly.statements():
        if "*" in listed(statement["Resource"]):
            assert set(map(str, listed(statement["Action"]))) <= set(NO_RESOURCE), name


def test_metrics_are_confined_to_a_namespace(prod: Assembly) -> None:
    found = [
        (name, each)
        for name, each in prod.statements()
        if "cloudwatch:PutMetricData" in listed(each["Action"])
    ]
    assert len(found) == len(LEARNED) + len(ENDPOINTS)  # each model's jobs and its endpoint
    for name, statement in found:
        assert "cloudwatch:namespace" in json.dumps(statement["Condition"]), name


def test_roles_are_passed_to_sagemaker_alone(prod: Assembly) -> None:
    found = [each for _, each in prod.statements() if "iam:PassRole" in listed(each["Action"])]
    assert len(found) == len(LEARNED)
    for statement in found:
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        assert all("Fn::GetAtt" in each for each in listed(statement["Resource"]))


def test_promotion_updates_the_serving_stacks_and_writes_the_champions_only(prod: Assembly) -> None:
    def resources(action: str) -> list[str]:
        return [
            json.dumps(each)
            for name, statement in prod.statements()
            if action in listed(statement["Action"])
            for each in listed(statement["Resource"])
        ]

    stacks = resources("cloudformation:UpdateStack")
    assert len(stacks) == len(ENDPOINTS)
    assert all(":stack/Prod-Iops" in each for each in stacks)
    parameters = resources("ssm:PutParameter")
    candidates = [each for each in parameters if "/candidate" in each]
    assert len(candidates) == len(LEARNED) - len(ENDPOINTS)
    champions = [each for each in parameters if "/champion" in each]
    assert len(champions) == len(LEARNED) == len(parameters) - len(candidates)
    assert all(":parameter/ops-ml/prod/" in each for each in parameters)


def test_machines_read_the_tags_of_jobs_they_wait_for(prod: Assembly) -> None:
    """Step Functions asks for them with every `.sync` job."""
    found = [each for _, each in prod.statements() if "sagemaker:ListTags" in listed(each["Action"])]
    assert len(found) == 2 * len(LEARNED)
    for statement in found:
        assert "sagemaker:AddTags" in listed(statement["Action"])
        assert all("-job/" in json.dumps(each) for each in listed(statement["Resource"]))


@pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)
def test_jobs_and_serving_of_one_model_reach_no_other_models_objects(prod: Assembly, spec: ModelSpec) -> None:
    serving = "{}/ServingRole" if spec.endpoint else "Api/{}Role"
    read = {spec.name, *spec.contract.companions}
    for role, allowed in (("Training/Pipelines{}JobRole", {spec.name}), (serving, read)):
        start = role.format(model_id(spec)) + "DefaultPolicy"
        own = [json.dumps(each) for name, each in prod.statements() if name.startswith(start)]
        assert any(f"/{spec.name}/" in each for each in own), sorted({name for name, _ in prod.statements()})
        for other in LEARNED:
            if other.name not in allowed:
                assert not any(f"/{other.name}/" in each for each in own)


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: spec.name)
def test_a_models_function_touches_its_own_items_only(prod: Assembly, spec: ModelSpec) -> None:
    start = f"Api/{model_id(spec)}RoleDefaultPolicy"
    found = [
        each
        for name, each in prod.statements()
        if name.startswith(start) and any(str(a).startswith("dynamodb:") for a in listed(each["Action"]))
    ]
    assert found
    for statement in found:
        keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        names = [f"{kind}#{spec.name}#" for kind in ("state", "cooldown", "counter", "drift")]
        own = (*names, "counter#started")
        assert all(key.startswith(own) for key in keys)


def test_what_tells_the_history_reads_and_changes_nothing(prod: Assembly) -> None:
    start = "Api/ModelsRole"  # one whose statements are many is split
    found = [each for name, each in prod.statements() if name.startswith(start)]
    actions = {str(action) for each in found for action in listed(each["Action"])}
    traced = {action for action in actions if action.startswith(("xray:", "logs:"))}
    assert actions - traced == {
        "dynamodb:Query",
        "kms:Decrypt",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeModelPackage",
        "sagemaker:ListModelPackages",
        "ssm:GetParameter",
        "ssm:GetParameterHistory",
        "ssm:GetParameters",
        "states:DescribeExecution",
        "states:ListExecutions",
    }
    (query,) = (each for each in found if "dynamodb:Query" in listed(each["Action"]))
    keys = query["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert all(key.startswith("history#") and "*" not in key for key in keys)
    for action in ("states:ListExecutions", "ssm:GetParameterHistory", "sagemaker:ListModelPackages"):
        (statement,) = (each for each in found if action in listed(each["Action"]))
        assert all("prod" in json.dumps(each) for each in listed(statement["Resource"])), action
