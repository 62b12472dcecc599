"""What watches the champions: its schedule, its settings, its alarms and what it may do."""

import dataclasses
import json
from typing import Any

import pytest

from catalog.models import MODELS
from catalog.spec import ModelSpec, Retraining
from stacks.constructs.model_watch import labels, retraining
from stacks.environments import PROD
from stacks.names import scoped, training_machine
from tests.models import LEARNED
from tests.stacks.assembly import Assembly, plain

EACH = pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)


def watching(assembly: Assembly) -> dict[str, Any]:
    """The function's properties."""
    functions = assembly.resources("AWS::Lambda::Function", "Training").values()
    (found,) = (
        each["Properties"] for each in functions if each["Properties"]["Handler"].startswith("watch.")
    )
    return dict(found)


def granted(assembly: Assembly, action: str) -> list[Any]:
    """The resources of each statement that allows the watch the action."""
    found = [
        each
        for name, each in assembly.statements()
        if name.startswith("Training/WatchingWatchRole")
        and action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    ]
    assert all(each["Effect"] == "Allow" for each in found)
    return found


def test_it_looks_daily_and_monthly_schedules_say_what_they_are(prod: Assembly) -> None:
    schedules = [
        each["Properties"] for each in prod.resources("AWS::Scheduler::Schedule", "Training").values()
    ]
    daily = [each for each in schedules if each["ScheduleExpression"] == "rate(1 day)"]
    assert len(daily) == 1
    inputs = [json.loads(each["Target"]["Input"]) for each in schedules if "Input" in each["Target"]]
    scheduled = [spec.name for spec in LEARNED if spec.trained.schedule]
    assert sorted(each["scheduled"] for each in inputs) == sorted(scheduled)
    assert {tuple(each["Target"]["Arn"]["Fn::GetAtt"]) for each in schedules} == {
        tuple(daily[0]["Target"]["Arn"]["Fn::GetAtt"])
    }


def test_thresholds_are_settings_of_the_function_alone(prod: Assembly) -> None:
    variables = watching(prod)["Environment"]["Variables"]
    told = json.loads(variables["RETRAINING"])
    assert told["default"] == dataclasses.asdict(Retraining())
    assert sum(len(name) + len(plain(value)) for name, value in variables.items()) < 4096
    holders = [
        name
        for name, each in prod.resources("AWS::Lambda::Function").items()
        if "RETRAINING" in json.dumps(each["Properties"].get("Environment", {}))
    ]
    assert len(holders) == 1


def test_a_models_own_thresholds_are_told_and_no_others() -> None:
    own = dataclasses.replace(LEARNED[0].trained, retraining=Retraining(cooldown_days=14))
    told = retraining([dataclasses.replace(LEARNED[0], training=own), *LEARNED[1:]])
    assert told[LEARNED[0].name] == {"cooldown_days": 14}
    assert set(told) <= {"default", *(spec.name for spec in LEARNED)}


@EACH
def test_each_model_that_learns_has_an_alarm_on_its_inputs(prod: Assembly, spec: ModelSpec) -> None:
    alarms = [each["Properties"] for each in prod.resources("AWS::CloudWatch::Alarm", "Training").values()]
    dimensions = {"Model": spec.name, "Environment": "prod"}
    (found,) = (
        each
        for each in alarms
        if each["MetricName"] == "FeatureDrift"
        and {part["Name"]: part["Value"] for part in each["Dimensions"]} == dimensions
    )
    assert found["Threshold"] == spec.trained.retraining.drift_psi
    assert (found["Statistic"], found["Period"]) == ("Maximum", 86_400)
    assert scoped(PROD, spec) in found["AlarmDescription"]
    assert found["AlarmActions"]


@EACH
def test_what_is_labelled_can_be_told_from_a_record(spec: ModelSpec) -> None:
    told, record = labels(spec), spec.contract.record
    assert told["folder"] == record.raw
    assert told["time"] in record.key_names
    known = (spec.contract.target.name, *(feature.name for feature in record.given), "chosen_by")
    assert told["field"] in known
    assert bool(told.get("value")) is (spec.contract.placement is not None)


def test_it_starts_trainings_of_models_that_learn_and_nothing_else(prod: Assembly) -> None:
    (statement,) = granted(prod, "states:StartExecution")
    machines = sorted(plain(each).rpartition(":")[2] for each in statement["Resource"])
    assert machines == sorted(training_machine(PROD, spec) for spec in LEARNED)


def test_it_writes_decisions_and_locks_and_reads_counts(prod: Assembly) -> None:
    def keys(action: str) -> set[str]:
        found = granted(prod, action)
        return {
            key
            for each in found
            for key in each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        }

    names = [spec.name for spec in LEARNED]
    assert keys("dynamodb:PutItem") == {
        f"{kind}#{name}" for kind in ("history", "watch", "run") for name in names
    }
    counted = {f"drift#{name}#*" for name in names}
    assert keys("dynamodb:Query") == counted | {f"history#{name}" for name in names}
    assert keys("dynamodb:GetItem") == {f"{kind}#{name}" for kind in ("watch", "run") for name in names}
    assert len(granted(prod, "dynamodb:PutItem")) == 1, "no statement allows a transaction by halves"
    for action in ("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Scan", "ssm:PutParameter"):
        assert granted(prod, action) == []


def test_it_reads_live_records_and_references_and_writes_no_object(prod: Assembly) -> None:
    (statement,) = granted(prod, "s3:GetObject")
    paths = [plain(each).partition("/")[2] for each in statement["Resource"]]
    live = {f"{spec.contract.record.raw}/profile=live/*" for spec in LEARNED}
    assert set(paths) == live | {f"{spec.name}/*/evaluation/reference.json" for spec in LEARNED}
    (listing,) = granted(prod, "s3:ListBucket")
    assert set(listing["Condition"]["StringEquals"]["s3:prefix"]) == {each.removesuffix("*") for each in live}
    assert granted(prod, "s3:PutObject") == []


@EACH
def test_a_package_names_the_reference_of_its_training(prod: Assembly, spec: ModelSpec) -> None:
    request = prod.machines()[training_machine(PROD, spec)]["States"]["Register"]["Arguments"]
    statistics = request["DriftCheckBaselines"]["ModelDataQuality"]["Statistics"]
    assert statistics["S3Uri"].endswith("/evaluation/reference.json' %}")


@EACH
def test_a_champion_is_challenged_by_the_promotions_metric(prod: Assembly, spec: ModelSpec) -> None:
    states, promotion = prod.machines()[training_machine(PROD, spec)]["States"], spec.trained.promotion
    against, alone = (
        states[name]["Arguments"]["AppSpecification"]["ContainerArguments"]
        for name in ("EvaluateAgainstChampion", "EvaluateAlone")
    )
    assert against[against.index("--metric") + 1] == promotion.metric
    least = str(spec.trained.retraining.least_fresh_rows)
    assert against[against.index("--least-fresh-rows") + 1] == least
    assert "--least-fresh-rows" not in alone


def test_every_model_that_learns_is_watched(prod: Assembly) -> None:
    assert {spec.name for spec in MODELS if spec.training} == {spec.name for spec in LEARNED}
    drifted = [
        each
        for each in prod.resources("AWS::CloudWatch::Alarm", "Training").values()
        if each["Properties"]["MetricName"] == "FeatureDrift"
    ]
    assert len(drifted) == len(LEARNED)
