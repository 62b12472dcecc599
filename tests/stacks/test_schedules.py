"""What starts by schedule is not lost where the start fails."""

import json

from tests.models import LEARNED
from tests.stacks.assembly import Assembly


def test_a_start_that_fails_is_kept(prod: Assembly) -> None:
    queues = set(prod.resources("AWS::SQS::Queue", "Training"))
    schedules = prod.resources("AWS::Scheduler::Schedule").values()
    assert len(schedules) == sum(spec.trained.schedule is not None for spec in LEARNED) + 1
    for schedule in schedules:
        target = schedule["Properties"]["Target"]
        assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] in queues
        role = target["RoleArn"]["Fn::GetAtt"][0]
        policies = prod.resources("AWS::IAM::Policy", "Training").values()
        own = [each["Properties"] for each in policies if each["Properties"]["Roles"] == [{"Ref": role}]]
        granted = json.dumps([each["PolicyDocument"] for each in own])
        assert "sqs:SendMessage" in granted
        assert "kms:GenerateDataKey" in granted
