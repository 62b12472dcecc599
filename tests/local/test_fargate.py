"""A service behind a load balancer: asked, healed, updated without a gap, scaled, restarted, removed."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.toys import LocalAws, wait_until

STACK = "twins"
SERVER = """
import http.server, os, pathlib, signal, sys, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/slow"):
            pathlib.Path(self.path.removeprefix("/slow")).touch()
            time.sleep(1)
        body = f"{sys.argv[1]} {os.getpid()} {self.headers['Host']}".encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)

if sys.argv[1] == "broken":
    sys.exit("cannot start")
server = http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("serving", os.environ["COLOUR"], flush=True)
server.serve_forever()
"""
NETWORK: dict[str, Any] = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Subnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "CidrBlock": "10.0.0.0/24",
            "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        },
    },
    "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
    "Nat": {
        "Type": "AWS::EC2::NatGateway",
        "Properties": {
            "SubnetId": {"Ref": "Subnet"},
            "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]},
        },
    },
    "Group": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "toy", "VpcId": {"Ref": "Vpc"}},
    },
    "Entry": {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {
            "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 8080,
            "ToPort": 8080,
            "SourceSecurityGroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
        },
    },
}


def _template(version: str, **container: Any) -> str:
    """The placement stack in small."""
    logs = {"awslogs-group": "/toy/tasks", "awslogs-stream-prefix": "web", "awslogs-region": "us-east-1"}
    declared = {
        "Name": "web",
        "Image": "public.ecr.aws/lambda/python:3.12",
        "EntryPoint": ["python3", "-c"],
        "Command": [SERVER, version],
        "Environment": [{"Name": "COLOUR", "Value": "blue"}, {"Name": "PORT", "Value": "8080"}],
        "PortMappings": [{"ContainerPort": "8080"}],
        "LogConfiguration": {"LogDriver": "awslogs", "Options": logs},
        "StopTimeout": 5,
        "ReadonlyRootFilesystem": True,
        **container,
    }
    definition = {
        "Family": "toy",
        "Cpu": "256",
        "Memory": "512",
        "NetworkMode": "awsvpc",
        "RequiresCompatibilities": ["FARGATE"],
        "ContainerDefinitions": [declared],
    }
    placed = {"AwsvpcConfiguration": {"Subnets": [{"Ref": "Subnet"}], "SecurityGroups": []}}
    target = {"Fn::Sub": "service/${Cluster}/${Service.Name}"}
    group = {
        "TargetType": "ip",
        "Protocol": "HTTP",
        "Port": 8080,
        "VpcId": {"Ref": "Vpc"},
        "HealthCheckPath": "/health",
        "HealthCheckIntervalSeconds": 5,
        "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}],
    }
    service = {
        "Cluster": {"Ref": "Cluster"},
        "TaskDefinition": {"Ref": "Definition"},
        "LaunchType": "FARGATE",
        "LoadBalancers": [
            {"ContainerName": "web", "ContainerPort": 8080, "TargetGroupArn": {"Ref": "Targets"}}
        ],
        "NetworkConfiguration": placed,
    }
    forward = [{"Type": "forward", "TargetGroupArn": {"Ref": "Targets"}}]
    policy = {
        "TargetValue": 60,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }
    scaled = {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": target,
        "MinCapacity": 2,
        "MaxCapacity": 3,
    }
    elb, scaling = "AWS::ElasticLoadBalancingV2::", "AWS::ApplicationAutoScaling::"
    resources: dict[str, Any] = {
        **NETWORK,
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/toy/tasks"}},
        "Cluster": {"Type": "AWS::ECS::Cluster"},
        "Definition": {"Type": "AWS::ECS::TaskDefinition", "Properties": definition, "DependsOn": "Logs"},
        "Balancer": {
            "Type": f"{elb}LoadBalancer",
            "Properties": {"Scheme": "internal", "Subnets": [{"Ref": "Subnet"}]},
        },
        "Targets": {"Type": f"{elb}TargetGroup", "Properties": group},
        "Listener": {
            "Type": f"{elb}Listener",
            "Properties": {
                "LoadBalancerArn": {"Ref": "Balancer"},
                "Port": 80,
                "Protocol": "HTTP",
                "DefaultActions": forward,
            },
        },
        "Service": {"Type": "AWS::ECS::Service", "Properties": service, "DependsOn": "Listener"},
        "Scaled": {"Type": f"{scaling}ScalableTarget", "Properties": scaled},
        "Policy": {
            "Type": f"{scaling}ScalingPolicy",
            "Properties": {
                "PolicyName": "cpu",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Scaled"},
                "TargetTrackingScalingPolicyConfiguration": policy,
            },
        },
    }
    outputs = {
        "Url": {"Value": {"Fn::Sub": "http://${Balancer.DNSName}"}},
        "Cluster": {"Value": {"Ref": "Cluster"}},
        "Service": {"Value": {"Fn::GetAtt": ["Service", "Name"]}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def _settled(aws: LocalAws) -> dict[str, Any]:
    def settled() -> dict[str, Any] | None:
        found: dict[str, Any] = aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return None if found["StackStatus"].endswith("IN_PROGRESS") else found

    answer: dict[str, Any] = wait_until(settled, 60)
    return answer


class Twins:
    """The deployed stack."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        outputs = {o["OutputKey"]: o["OutputValue"] for o in _settled(aws)["Outputs"]}
        self.url, self.cluster, self.name = outputs["Url"], outputs["Cluster"], outputs["Service"]

    def ask(self, path: str = "/", data: bytes | None = None) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, data, timeout=10) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    def pids(self) -> set[int]:
        """The processes that answer now."""
        answers = [self.ask() for _ in range(6)]
        return {int(text.split()[1]) for status, text in answers if status == 200}

    def service(self) -> dict[str, Any]:
        found = self.aws("ecs").describe_services(cluster=self.cluster, services=[self.name])
        told: dict[str, Any] = found["services"][0]
        return told

    def steady(self, count: int) -> bool:
        told = self.service()
        return bool(told["runningCount"] == told["desiredCount"] == count and told["pendingCount"] == 0)


@contextmanager
def _asked(twins: Twins) -> Iterator[list[tuple[int, str]]]:
    """The answers to requests that go on all the while."""
    answers: list[tuple[int, str]] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            answers.append(twins.ask())
            time.sleep(0.01)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield answers
    finally:
        over.set()
        asking.join()


@pytest.fixture(scope="module")
def twins(aws: LocalAws) -> Iterator[Twins]:
    aws("cloudformation").create_stack(StackName=STACK, TemplateBody=_template("one"))
    assert _settled(aws)["StackStatus"] == "CREATE_COMPLETE"
    made = Twins(aws)
    wait_until(lambda: made.steady(2), 30)
    yield made
    aws("cloudformation").delete_stack(StackName=STACK)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_two_tasks_answer_in_turn_behind_one_address(twins: Twins) -> None:
    assert twins.url.startswith("http://127.0.0.1:")
    assert len(twins.pids()) == 2, "the scalable target's minimum is two tasks"
    assert twins.ask()[1].split()[2] == twins.url.removeprefix("http://"), "the caller's Host is passed on"
    assert twins.ask("/echo", data=b"payload") == (201, "payload")


def test_a_target_group_tells_the_health_of_its_tasks(twins: Twins) -> None:
    elb = twins.aws("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    assert f"http://{balancer['DNSName']}" == twins.url
    group = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"][0]
    told = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    assert [each["TargetHealth"]["State"] for each in told] == ["healthy", "healthy"]


def test_what_tasks_print_is_in_their_log_group(twins: Twins) -> None:
    logs = twins.aws("logs")

    def lines() -> list[str]:
        found = logs.filter_log_events(logGroupName="/toy/tasks")["events"]
        return [event["message"] for event in found]

    wait_until(lambda: lines().count("serving blue") >= 2)


def test_a_killed_task_comes_back(twins: Twins) -> None:
    victim, other = sorted(twins.pids())
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(twins.pids() - {victim}) == 2, 30)
    assert other in twins.pids()


def test_a_stopped_task_finishes_what_it_holds(twins: Twins, tmp_path: Path) -> None:
    tasks = twins.aws("ecs").list_tasks(cluster=twins.cluster, serviceName=twins.name)["taskArns"]
    answers: list[tuple[int, str]] = []
    begun = [tmp_path / str(number) for number in range(len(tasks))]

    def ask(path: Path) -> None:
        answers.append(twins.ask(f"/slow{path}"))

    asking = [threading.Thread(target=ask, args=(path,)) for path in begun]
    for thread in asking:
        thread.start()
    wait_until(lambda: all(path.exists() for path in begun))
    for task in tasks:
        twins.aws("ecs").stop_task(cluster=twins.cluster, task=task)
    for thread in asking:
        thread.join()
    assert [status for status, _ in answers] == [200] * len(tasks)
    wait_until(lambda: twins.steady(2), 30)


def test_an_update_leaves_no_gap_and_a_broken_one_is_taken_back(aws: LocalAws, twins: Twins) -> None:
    before = twins.pids()
    with _asked(twins) as answers:
        aws("cloudformation").update_stack(StackName=STACK, TemplateBody=_template("two"))
        assert _settled(aws)["StackStatus"] == "UPDATE_COMPLETE"
        aws("cloudformation").update_stack(StackName=STACK, TemplateBody=_template("broken"))
        assert _settled(aws)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert {status for status, _ in answers} == {200}
    assert twins.ask()[1].startswith("two ")
    assert answers[0][1].startswith("one ")
    wait_until(lambda: not any(map(_alive, before)))
    events = aws("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    assert any("exit code 1" in event.get("ResourceStatusReason", "") for event in events)


def test_the_count_follows_the_request_and_the_target_tells_its_range(aws: LocalAws, twins: Twins) -> None:
    aws("ecs").update_service(cluster=twins.cluster, service=twins.name, desiredCount=3)
    wait_until(lambda: twins.steady(3) and len(twins.pids()) == 3, 30)
    aws("ecs").update_service(cluster=twins.cluster, service=twins.name, desiredCount=2)
    wait_until(lambda: twins.steady(2) and len(twins.pids()) == 2, 30)
    resource = f"service/{twins.cluster}/{twins.name}"
    found = aws("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[resource]
    )
    ranges = [(target["MinCapacity"], target["MaxCapacity"]) for target in found["ScalableTargets"]]
    assert ranges == [(2, 3)]


def test_no_task_means_503(aws: LocalAws, twins: Twins) -> None:
    aws("ecs").update_service(cluster=twins.cluster, service=twins.name, desiredCount=0)
    wait_until(lambda: twins.steady(0), 30)
    assert twins.ask()[0] == 503
    aws("ecs").update_service(cluster=twins.cluster, service=twins.name, desiredCount=2)
    wait_until(lambda: twins.steady(2), 30)


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"Secrets": [{"Name": "KEY", "ValueFrom": "arn:x"}]}, "secrets"),
        ({"EntryPoint": [], "Command": []}, "the image's own command"),
        ({"DependsOn": [{"Condition": "SIDEWAYS", "ContainerName": "web"}]}, "enum value set"),
    ],
)
def test_what_it_cannot_do_is_refused_by_name(
    aws: LocalAws, twins: Twins, container: dict[str, Any], message: str
) -> None:
    aws("cloudformation").update_stack(StackName=STACK, TemplateBody=_template("two", **container))
    assert _settled(aws)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = aws("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    assert any(message in event.get("ResourceStatusReason", "") for event in events)


def test_an_unknown_service_is_refused_as_ecs_does(aws: LocalAws, twins: Twins) -> None:
    with pytest.raises(ClientError, match="ServiceNotFoundException"):
        aws("ecs").update_service(cluster=twins.cluster, service="nobody", desiredCount=1)


def test_it_serves_again_at_its_address_after_a_restart(aws: LocalAws, twins: Twins) -> None:
    before = twins.pids()
    aws.stop()
    assert not any(map(_alive, before)), "no task outlives the local AWS"
    aws.start()
    wait_until(lambda: twins.steady(2), 30)
    assert twins.ask()[0] == 200


def test_a_deleted_stack_leaves_no_process(aws: LocalAws, twins: Twins) -> None:
    before = twins.pids()
    aws("cloudformation").delete_stack(StackName=STACK)

    def gone() -> bool:
        try:
            found = aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        except ClientError:
            return True
        return bool(found[0]["StackStatus"] == "DELETE_COMPLETE")

    wait_until(gone, 30)
    assert not any(map(_alive, before))
    with pytest.raises(urllib.error.URLError):
        twins.ask()
