"""The state machines: every step bounded, every failure told, every request one that AWS takes."""

import dataclasses
import itertools
import math
import re
from typing import Any

import pytest

from catalog.spec import ModelSpec
from local.asl_requests import requests_of
from stacks.environments import ENVIRONMENTS, LOCAL
from stacks.names import promotion_machine, scoped, training_machine, tuning_prefixes
from tests.models import LEARNED
from tests.stacks.assembly import Assembly


def renamed(name: str) -> ModelSpec:
    spec = LEARNED[0]
    return dataclasses.replace(spec, contract=dataclasses.replace(spec.contract, name=name))


models = pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)


def steps(assembly: Assembly, spec: ModelSpec) -> dict[str, Any]:
    found: dict[str, Any] = assembly.machines()[training_machine(assembly.environment, spec)]["States"]
    return found


def tunings(assembly: Assembly, spec: ModelSpec) -> list[dict[str, Any]]:
    """The tuning job of each of the model's searches, in their order."""
    machine = assembly.machines()[training_machine(assembly.environment, spec)]
    calls = requests_of(machine)
    found = [call.params for call in calls if call.operation == "CreateHyperParameterTuningJob"]
    assert len(found) == len(spec.trained.searches)
    return found


@models
def test_the_path_leads_from_data_to_the_registry(prod: Assembly, spec: ModelSpec) -> None:
    states = steps(prod, spec)
    path, state = ["Prepare"], "Prepare"
    while "Next" in states[state] or "Default" in states[state]:
        state = states[state].get("Next") or states[state]["Default"]
        path.append(state)
    assert path == [
        "Prepare",
        "Tune",
        "KeepCandidates" if spec.trained.rivals else "FindArtifact",
        "ReadChampion",
        "ChampionExists",
        "FindChampion",
        "EvaluateAgainstChampion",
        "Gate",
        "Register",
        "Record",
        "Registered",
    ]


def test_every_task_is_bounded_retried_and_caught(prod: Assembly) -> None:
    for name, machine in prod.machines().items():
        assert machine["TimeoutSeconds"]
        for title, state in machine["States"].items():
            if state["Type"] == "Task":
                assert state["TimeoutSeconds"], (name, title)
                assert all(each["BackoffRate"] >= 1 for each in state["Retry"]), (name, title)
                assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], (name, title)


def test_every_state_is_reachable_and_exists(prod: Assembly) -> None:
    for name, machine in prod.machines().items():
        states = machine["States"]
        named = {machine["StartAt"]}
        for state in states.values():
            named |= {state[key] for key in ("Next", "Default") if key in state}
            named |= {each["Next"] for each in (*state.get("Choices", []), *state.get("Catch", []))}
        assert named == set(states), name


def test_sagemaker_takes_every_request(local: Assembly, dev: Assembly, prod: Assembly) -> None:
    count = 0
    for assembly in (local, dev, prod):
        for machine in assembly.machines().values():
            for request in requests_of(machine, ("sagemaker", "ssm", "sns")):
                count += 1
                assert request.problems() == []
    assert count >= 3 * len(LEARNED) * 7


@models
def test_an_environment_lowers_the_budget_and_never_raises_it(
    local: Assembly, prod: Assembly, spec: ModelSpec
) -> None:
    def limits(assembly: Assembly) -> set[tuple[int, int]]:
        found = [each["HyperParameterTuningJobConfig"]["ResourceLimits"] for each in tunings(assembly, spec)]
        return {(each["MaxNumberOfTrainingJobs"], each["MaxParallelTrainingJobs"]) for each in found}

    tuning, env, searches = spec.trained.tuning, local.environment, len(spec.trained.searches)
    assert limits(prod) == {(tuning.jobs, math.ceil(tuning.parallel / searches))}
    ((jobs, parallel),) = limits(local)
    assert (jobs, parallel) <= (env.max_tuning_jobs, env.max_parallel_jobs)
    assert 1 <= parallel <= env.max_parallel_jobs
    if searches == 1:
        assert (jobs, parallel) == (env.max_tuning_jobs, env.max_parallel_jobs)


@models
def test_tuning_searches_the_declared_ranges(prod: Assembly, spec: ModelSpec) -> None:
    for search, request in zip(spec.trained.searches, tunings(prod, spec), strict=True):
        config = request["HyperParameterTuningJobConfig"]
        assert config["Strategy"] == "Bayesian"
        assert config["HyperParameterTuningJobObjective"]["MetricName"] == spec.trained.tuning.objective.name
        ranges = [each for group in config["ParameterRanges"].values() for each in group]
        assert {each["Name"]: (float(each["MinValue"]), float(each["MaxValue"])) for each in ranges} == {
            span.name: (span.low, span.high) for span in search.ranges
        }
        logarithmic = {span.name for span in search.ranges if span.scaling == "Logarithmic"}
        assert {each["Name"] for each in ranges if each["ScalingType"] == "Logarithmic"} == logarithmic


@models
def test_tuning_jobs_are_named_by_environment_model_and_run(prod: Assembly, spec: ModelSpec) -> None:
    names = [each["HyperParameterTuningJobName"].split("'")[1] for each in tunings(prod, spec)]
    assert names == [f"{prefix}-" for prefix in tuning_prefixes(prod.environment, spec)]


LONGEST = dataclasses.replace(LOCAL, name="environment1")
LONG_MODELS = [renamed(f"iops-risk-of-a-long-{end}") for end in ("name", "line")]


def test_names_hold_in_every_environment_and_are_nobody_elses() -> None:
    named = list(itertools.product((*ENVIRONMENTS, LONGEST), (*LEARNED, *LONG_MODELS)))
    prefixes = [(env, spec, each) for env, spec in named for each in tuning_prefixes(env, spec)]
    assert len({each for _, _, each in prefixes}) == len(prefixes) > len(named) >= 5 * 4
    for env, spec, prefix in prefixes:
        assert prefix.startswith(env.name[:4])
        assert re.fullmatch(r"[a-z0-9](-?[a-z0-9])*", prefix)
        assert len(prefix) + len("-261121-a1b2c3-0") <= 32
        assert len(f"{scoped(env, spec)}-261121-a1b2c3-evaluate-0") <= 63


@models
def test_spot_comes_with_checkpoints(local: Assembly, prod: Assembly, spec: ModelSpec) -> None:
    for trial in (each["TrainingJobDefinition"] for each in tunings(prod, spec)):
        assert trial["EnableManagedSpotTraining"] is True
        assert trial["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"
        stop = trial["StoppingCondition"]
        assert stop["MaxWaitTimeInSeconds"] >= stop["MaxRuntimeInSeconds"]
    for trial in (each["TrainingJobDefinition"] for each in tunings(local, spec)):
        assert "EnableManagedSpotTraining" not in trial


@models
def test_jobs_encrypt_and_stay_in_the_network(prod: Assembly, local: Assembly, spec: ModelSpec) -> None:
    states = steps(prod, spec)
    for name in ("Prepare", "EvaluateAlone", "EvaluateAgainstChampion"):
        request = states[name]["Arguments"]
        assert request["ProcessingOutputConfig"]["KmsKeyId"]
        assert request["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"]
        assert len(request["NetworkConfig"]["VpcConfig"]["Subnets"]) == 2
    for trial in (each["TrainingJobDefinition"] for each in tunings(prod, spec)):
        assert trial["OutputDataConfig"]["KmsKeyId"]
        assert trial["ResourceConfig"]["VolumeKmsKeyId"]
        assert trial["VpcConfig"]
    assert "NetworkConfig" not in steps(local, spec)["Prepare"]["Arguments"]


@models
def test_an_unknown_profile_is_refused_by_name(prod: Assembly, spec: ModelSpec) -> None:
    states = steps(prod, spec)
    assert states["ProfileIsKnown"]["Default"] == "UnknownProfile"
    for profile in spec.trained.promotion.profiles:
        assert profile.name in states["UnknownProfile"]["Cause"]


@models
def test_the_gate_reads_the_specs_rules(prod: Assembly, local: Assembly, spec: ModelSpec) -> None:
    payload = steps(prod, spec)["Gate"]["Arguments"]["Payload"]
    assert payload["approval"] == "manual"
    assert steps(local, spec)["Gate"]["Arguments"]["Payload"]["approval"] == "automatic"
    assert payload["promotion"]["metric"] == spec.trained.promotion.metric
    assert set(payload["promotion"]["profiles"]) == {each.name for each in spec.trained.promotion.profiles}
    first = spec.trained.promotion.profiles[0]
    assert payload["promotion"]["profiles"][first.name][0] == {
        "metric": first.gates[0].metric,
        "op": first.gates[0].op,
        "threshold": first.gates[0].threshold,
    }


def test_a_rolled_back_promotion_is_taken_back_and_told(prod: Assembly) -> None:
    states = prod.machines()[promotion_machine(prod.environment)]["States"]
    (rolled_back,) = (
        choice["Next"]
        for choice in states["DoneOrRolledBack"]["Choices"]
        if "rolled_back" in choice["Condition"]
    )
    assert states[rolled_back]["Arguments"]["Payload"]["action"] == "restore"
    assert states["Check"]["Catch"][-1]["Next"] == rolled_back
    assert any("$checks >=" in each["Condition"] for each in states["DoneOrRolledBack"]["Choices"])
    assert "StackBusy" in [error for each in states[rolled_back]["Retry"] for error in each["ErrorEquals"]]
    assert states[states[rolled_back]["Next"]]["Default"] == "TellFailure"
    assert states["TellFailure"]["Next"] == "Failed"


def test_approved_packages_of_ours_start_a_promotion(prod: Assembly) -> None:
    rules = prod.resources("AWS::Events::Rule").values()
    patterns = [rule["Properties"]["EventPattern"] for rule in rules]
    assert [pattern["detail"] for pattern in patterns] == [
        {
            "ModelPackageGroupName": [f"prod-{spec.name}"],
            "ModelApprovalStatus": ["Approved"],
            "$or": [
                {"UpdatedModelPackageFields": ["ModelApprovalStatus"]},
                {"UpdatedModelPackageFields": [{"exists": False}]},
            ],
        }
        for spec in LEARNED
    ]
    assert all(pattern["source"] == ["aws.sagemaker"] for pattern in patterns)


def test_schedules_run_where_the_environment_says(local: Assembly, prod: Assembly) -> None:
    def states(assembly: Assembly) -> set[str]:
        return {
            each["Properties"]["State"] for each in assembly.resources("AWS::Scheduler::Schedule").values()
        }

    assert states(local) == {"DISABLED"}
    assert states(prod) == {"ENABLED"}


def test_failed_machines_raise_alarms(prod: Assembly) -> None:
    alarms = prod.resources("AWS::CloudWatch::Alarm", "Training").values()
    failed = [each for each in alarms if each["Properties"]["MetricName"] == "ExecutionsFailed"]
    assert len(failed) == len(LEARNED) + 1
    assert {each["Properties"]["Namespace"] for each in failed} == {"AWS/States"}
