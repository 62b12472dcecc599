"""Experiments: where they are kept, how they get there, and what it takes to lose one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.models import MODELS
from record.waits import waiting
from stacks.constructs.experiment_recorder import LATE_HOURS, TIMEOUT_S, TRIES
from stacks.names import promotion_machine, tracking_parameter, training_machine
from tests.stacks.assembly import Assembly, plain
from tests.stacks.test_permissions import listed

APP = "AWS::SageMaker::MlflowApp"
LAMBDA_LIMIT = 262_144_000
"""Bytes that a function and its layers may take, unzipped."""
LEARNED = [spec for spec in MODELS if spec.training]
DAY = 86400


def recorder(assembly: Assembly) -> dict[str, Any]:
    (found,) = (
        each["Properties"]
        for each in assembly.resources("AWS::Lambda::Function", "Training").values()
        if each["Properties"]["Handler"] == "record.handler.handler"
    )
    return dict(found)


def tracking(assembly: Assembly) -> Any:
    (value,) = (
        each["Properties"]["Value"]
        for each in assembly.resources("AWS::SSM::Parameter").values()
        if each["Properties"]["Name"] == tracking_parameter(assembly.environment)
    )
    return value


def test_the_app_keeps_its_artifacts_below_a_prefix(prod: Assembly) -> None:
    ((name, app),) = prod.resources(APP, "Foundation").items()
    assert plain(app["Properties"]["ArtifactStoreUri"]).endswith("/mlflow")
    assert app["Properties"]["ModelRegistrationMode"] == "AutoModelRegistrationDisabled"
    assert (app["DeletionPolicy"], app["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert tracking(prod)["Fn::GetAtt"][0] == name


def test_the_apps_role_reaches_nothing_else(prod: Assembly) -> None:
    (role,) = (name for name in prod.resources("AWS::IAM::Role", "Foundation") if name.startswith("Tracking"))
    statements = [
        statement
        for name, policy in prod.resources("AWS::IAM::Policy", "Foundation").items()
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    objects, key, bucket = statements
    assert plain(objects["Resource"]).endswith("/mlflow/*")
    assert key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert bucket["Condition"] == {"StringLike": {"s3:prefix": ["mlflow", "mlflow/*"]}}


def test_elsewhere_the_parameter_waits_for_an_address(local: Assembly) -> None:
    assert local.resources(APP) == {}
    assert tracking(local) == "none"


def test_compiled_code_comes_where_the_interpreter_lacks_it(local: Assembly, prod: Assembly) -> None:
    assert [len(recorder(each)["Layers"]) for each in (local, prod)] == [1, 2]


def test_a_message_is_tried_for_a_week_and_kept_for_two_more(prod: Assembly) -> None:
    queues = prod.resources("AWS::SQS::Queue", "Training").values()
    (queue,) = (
        each["Properties"] for each in queues if each["Properties"].get("RedrivePolicy") and _fifo(each)
    )
    tried = sum(waiting(received) for received in range(1, TRIES + 1))
    assert 7 * DAY <= tried < 8 * DAY < queue["MessageRetentionPeriod"] == 14 * DAY
    assert queue["RedrivePolicy"]["maxReceiveCount"] == TRIES
    assert queue["VisibilityTimeout"] >= 6 * recorder(prod)["Timeout"] == 6 * TIMEOUT_S
    alarms = [each["Properties"] for each in prod.resources("AWS::CloudWatch::Alarm", "Training").values()]
    (late,) = (alarm for alarm in alarms if alarm["MetricName"] == "ApproximateAgeOfOldestMessage")
    assert late["Threshold"] == LATE_HOURS * 3600


def _fifo(queue: dict[str, Any]) -> bool:
    return queue["Properties"].get("FifoQueue") is True


def test_one_message_at_a_time_fails_alone(prod: Assembly) -> None:
    (mapping,) = prod.resources("AWS::Lambda::EventSourceMapping", "Training").values()
    assert mapping["Properties"]["BatchSize"] == 1
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_recorder_changes_nothing_but_mlflow(prod: Assembly) -> None:
    role = recorder(prod)["Role"]["Fn::GetAtt"][0]
    actions = {
        str(action)
        for policy in prod.resources("AWS::IAM::Policy", "Training").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }
    assert {"sagemaker:CallMlflowAppApi", "sagemaker-mlflow:CreateRun", "s3:PutObject"} <= actions
    changing = {each for each in actions if each.split(":")[1].startswith(("Create", "Put", "Update", "Set"))}
    own = {each for each in changing if each.startswith(("sagemaker-mlflow:", "logs:", "xray:"))}
    assert changing - own == {"s3:PutObject"}


@pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)
def test_a_training_is_told_and_never_fails_by_it(prod: Assembly, spec: Any) -> None:
    states = prod.machines()[training_machine(prod.environment, spec)]["States"]
    for name, after in (("Record", "Registered"), ("RecordFailure", "Failed")):
        state = states[name]
        assert state["Next"] == after
        assert state["Catch"] == [
            {"ErrorEquals": ["States.ALL"], "Output": "{% $states.input %}", "Next": after}
        ]
        assert state["Output"] == "{% $states.input %}"
        assert state["Arguments"]["MessageGroupId"] == spec.name
    assert states["Register"]["Next"] == "Record"
    assert states["TellFailure"]["Next"] == "RecordFailure"
    begun = set(states["NameRun"]["Assign"])
    trials = {"candidates", "chosen"} if spec.training.rivals else {"tuning_job", "trial"}
    assert {"evaluated", *trials} <= begun


def test_a_promotion_is_told_once_it_serves(prod: Assembly) -> None:
    states = prod.machines()[promotion_machine(prod.environment)]["States"]
    told = states["Promoted"]
    assert told["Arguments"]["MessageBody"]["kind"] == "promotion"
    assert told["Next"] == told["Catch"][0]["Next"] == "Ended"
    assert "previous" in states["Ended"]["Output"]
    after = {each["Condition"]: each["Next"] for each in states["StartedOrCurrent"]["Choices"]}
    assert after["{% $progress.state = 'superseded' %}"] == "Ended"


def test_what_the_recorder_needs_fits_into_a_function() -> None:
    layers = [Path(".build/layers") / name for name in ("functions", "tracking")]
    missing = [str(layer) for layer in layers if not layer.exists()]
    if missing:
        pytest.skip(f"{', '.join(missing)} not built; `make setup` builds layers")
    places = [*layers, Path("lambda/record"), Path("lambda/shared"), Path("catalog")]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LAMBDA_LIMIT
