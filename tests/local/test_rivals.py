"""Several learners tuned side by side: the very states of the training machine, over toy trials."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.constructs.states import expression
from stacks.environments import LOCAL
from tests.local.test_steps import _machine
from tests.local.toys import BUCKET, LocalAws, tuning, wait_until
from tests.stacks.test_tuning import TOY, defined


def machine(run: str, *, failing: int | None = None) -> dict[str, Any]:
    """From the run's name to what is registered and told; the jobs are toys, the gate takes the second."""
    states = defined(TOY, LOCAL)["States"]
    for place, branch in enumerate(states["Tune"]["Branches"]):
        arguments = branch["States"][branch["StartAt"]]["Arguments"]
        name = arguments["HyperParameterTuningJobName"].replace("$run", f"'{run}'")
        static = {"fail": "1"} if place == failing else {"learner": str(place)}
        arguments.clear()
        arguments.update(tuning(name, **static))
    states["KeepCandidates"]["Next"] = "Judge"
    choice = states["Gate"]["Assign"]["chosen"].replace("$states.result", "$states.input")
    told = states["RecordFailure"]["Arguments"]["MessageBody"]
    kept = {name: told[name] for name in ("tuning_jobs", "training_job")}
    container = states["Register"]["Arguments"]["InferenceSpecification"]["Containers"][0]
    metadata = states["Register"]["Arguments"]["CustomerMetadataProperties"]
    told_all = {**kept, "container": container, "metadata": metadata}
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "NameRun",
        "States": {
            "NameRun": states["NameRun"] | {"Next": "Tune"},
            "Tune": states["Tune"],
            "KeepCandidates": states["KeepCandidates"],
            "Judge": {"Type": "Pass", "Output": {"Payload": {"chosen": 1}}, "Next": "Gate"},
            "Gate": {
                "Type": "Pass",
                "Assign": {"chosen": choice, "gate": {"metrics": {"learner": "second"}}},
                "Next": "Tell",
            },
            "Tell": {"Type": "Pass", "Output": told_all, "End": True},
            "TellFailure": {
                "Type": "Pass",
                "Output": {**kept, "error": expression("$states.input.Error")},
                "End": True,
            },
        },
    }


def ran(aws: LocalAws, name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """The output of an execution."""
    steps = aws("stepfunctions")
    arn = steps.start_execution(stateMachineArn=_machine(aws, name, definition), input='{"profile": "live"}')
    execution = arn["executionArn"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = steps.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    answer: dict[str, Any] = wait_until(ended, 60)
    assert answer["status"] == "SUCCEEDED", answer
    output: dict[str, Any] = json.loads(answer["output"])
    return output


def test_the_second_learner_s_best_trial_is_what_is_registered(aws: LocalAws) -> None:
    found = ran(aws, "rivals", machine("good"))
    own, rival = found["tuning_jobs"]
    assert own.endswith("-good-0")
    assert rival.startswith("loca-toy-xg-")
    assert found["training_job"].startswith(f"{rival}-0")
    assert found["container"]["ModelDataUrl"].startswith(f"s3://{BUCKET}/models/{found['training_job']}")
    assert "sagemaker-xgboost" in found["container"]["Image"]
    assert found["metadata"]["tuning_jobs"] == f"{own} {rival}"
    assert found["metadata"]["training_job"] == found["training_job"]
    assert found["metadata"]["learner"] == "second"


@pytest.mark.parametrize("failing", [0, 1])
def test_a_learner_that_fails_fails_the_run_and_can_be_told(aws: LocalAws, failing: int) -> None:
    found = ran(aws, f"rivals-fail-{failing}", machine(f"bad{failing}", failing=failing))
    assert found == {"tuning_jobs": [], "training_job": "", "error": "States.TaskFailed"}
