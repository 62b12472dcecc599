"""What starts by schedule is not lost where the start fails."""

import json

from catalog.datasets import DATASETS
from tests.models import LEARNED
from tests.stacks.assembly import Assembly


def test_a_start_that_fails_is_kept(prod: Assembly) -> None:
    schedules = prod.resources("AWS::Scheduler::Schedule", "Training").values()
    assert len(schedules) == sum(spec.trained.schedule is not None for spec in LEARNED) + 1
    assert len(prod.resources("AWS::Scheduler::Schedule", "Collection")) == len(DATASETS)
    for stack in ("Training", "Collection"):
        _check_starts(prod, stack)


def _check_starts(prod: Assembly, stack: str) -> None:
    queues = set(prod.resources("AWS::SQS::Queue", stack))
    for schedule in prod.resources("AWS::Scheduler::Schedule", stack).values():
        target = schedule["Properties"]["Target"]
        assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] in queues
        role = target["RoleArn"]["Fn::GetAtt"][0]
        policies = prod.resources("AWS::IAM::Policy", stack).values()
        own = [each["Properties"] for each in policies if each["Properties"]["Roles"] == [{"Ref": role}]]
        granted = json.dumps([each["PolicyDocument"] for each in own])
        assert "sqs:SendMessage" in granted
        assert "kms:GenerateDataKey" in granted
