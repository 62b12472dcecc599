"""A training of several learners: each searched alike in its own container, one chosen, all told."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from catalog.known import PRINTED_CLASS_METRICS
from catalog.models.threat import THREAT
from catalog.ranges import XGBOOST_RANGES
from catalog.spec import ModelSpec, Rival
from local.asl_requests import requests_of
from stacks.constructs.training_definition import training_definition
from stacks.constructs.training_requests import JobPlaces
from stacks.constructs.tuning_request import budget
from stacks.environments import LOCAL, PROD, Environment
from stacks.images import framework, image, judging
from stacks.names import tuning_prefixes

BOOSTING = Rival(learner="xgboost", ranges=XGBOOST_RANGES, fixed=(("objective", "multi:softprob"),))


def rivalled(*rivals: Rival, name: str = "toy") -> ModelSpec:
    training = dataclasses.replace(THREAT.trained, rivals=rivals)
    contract = dataclasses.replace(THREAT.contract, name=name)
    return dataclasses.replace(THREAT, contract=contract, training=training)


TOY, ALONE = rivalled(BOOSTING), rivalled()


def defined(spec: ModelSpec, env: Environment = PROD) -> dict[str, Any]:
    vpc: dict[str, Sequence[str]] = {"SecurityGroupIds": ["sg-01"], "Subnets": ["subnet-01"]}
    places = JobPlaces(
        env=env,
        spec=spec,
        role_arn="arn:aws:iam::000000000000:role/jobs",
        key_arn="arn:aws:kms:us-east-1:000000000000:key/1",
        raw="raw",
        processed="processed",
        models="models",
        code_url="s3://code/1.gz",
        vpc=vpc if env.network else None,
    )
    return training_definition(places, gate_arn="gate", topic_arn="topic", tracking_url="https://sqs/1")


def branches(definition: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = definition["States"]["Tune"]["Branches"]
    return found


def test_each_learner_is_tuned_in_its_own_container() -> None:
    for search, branch in zip(TOY.trained.searches, branches(defined(TOY)), strict=True):
        trial = branch["States"][branch["StartAt"]]["Arguments"]["TrainingJobDefinition"]
        assert (
            trial["StaticHyperParameters"].items()
            >= {"learner": search.learner, **dict(search.fixed)}.items()
        )
        algorithm = trial["AlgorithmSpecification"]
        assert algorithm["TrainingImage"] == image(PROD.region, framework(search.learner))
        told = {each["Name"] for each in algorithm.get("MetricDefinitions", [])}
        assert told == (
            set() if search.learner == "xgboost" else {f"validation:{name}" for name in PRINTED_CLASS_METRICS}
        )


def test_sagemaker_takes_the_requests_of_every_branch() -> None:
    for env in (LOCAL, PROD):
        calls = list(requests_of(defined(TOY, env), ("sagemaker", "ssm", "sns")))
        assert [each.problems() for each in calls if each.problems()] == []
        assert len(calls) == len(list(requests_of(defined(ALONE, env), ("sagemaker", "ssm", "sns")))) + 2


def test_state_names_are_unique_over_all_branches() -> None:
    definition = defined(TOY)
    names = [*definition["States"], *(name for branch in branches(definition) for name in branch["States"])]
    assert len(set(names)) == len(names)


def test_a_branch_is_bounded_and_leaves_its_errors_to_where_branches_meet() -> None:
    definition = defined(TOY)
    for branch in branches(definition):
        first, second = branch["States"].values()
        assert (first["Next"], second["End"]) == (list(branch["States"])[1], True)
        for state in (first, second):
            assert state["TimeoutSeconds"]
            assert state["Retry"]
            assert "Catch" not in state
            assert "Assign" not in state  # it would not leave the branch
    assert definition["States"]["Tune"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "TellFailure"}]


@pytest.mark.parametrize("state", ["EvaluateAlone", "EvaluateAgainstChampion"])
def test_every_candidate_is_judged_by_the_promotion_s_metric(state: str) -> None:
    request = defined(TOY)["States"][state]["Arguments"]
    app, promotion = request["AppSpecification"], TOY.trained.promotion
    words = app["ContainerArguments"]
    given = [words[place + 1] for place, word in enumerate(words) if word == "--model"]
    inputs = {each["InputName"]: each["S3Input"] for each in request["ProcessingInputs"]}
    for place, (search, path) in enumerate(zip(TOY.trained.searches, given, strict=True)):
        source = inputs[f"model-{search.learner}"]
        assert source["S3Uri"] == f"{{% $candidates[{place}].artifact %}}"
        assert path == f"{source['LocalPath']}/model.tar.gz"
    assert words[words.index("--validation") + 1] == inputs["validation"]["LocalPath"]
    rule = {name: words[words.index(f"--{name}") + 1] for name in ("metric", "goal", "margin")}
    goal = "Maximize" if promotion.higher_is_better else "Minimize"
    assert rule == {"metric": promotion.metric, "goal": goal, "margin": f"{promotion.margin:g}"}
    assert "sagemaker-xgboost" in app["ImageUri"]


def test_a_single_candidate_needs_no_rule() -> None:
    request = defined(ALONE)["States"]["EvaluateAlone"]["Arguments"]
    assert not {"--validation", "--metric"} & set(request["AppSpecification"]["ContainerArguments"])
    assert judging(ALONE) == framework(THREAT.trained.learner) != judging(TOY) == "xgboost"


def test_the_chosen_candidate_is_registered() -> None:
    states = defined(TOY)["States"]
    assert states["Gate"]["Assign"]["chosen"] == "{% $candidates[$states.result.Payload.chosen] %}"
    request = states["Register"]["Arguments"]
    (container,) = request["InferenceSpecification"]["Containers"]
    assert (container["Image"], container["ModelDataUrl"]) == (
        "{% $chosen.image %}",
        "{% $chosen.artifact %}",
    )
    for search, branch in zip(TOY.trained.searches, branches(defined(TOY)), strict=True):
        told = branch["States"][branch["StartAt"]]["Output"]
        assert (told["learner"], told["image"]) == (
            search.learner,
            image(PROD.region, framework(search.learner)),
        )


def test_whatever_the_record_reads_is_known_before_anything_is_found() -> None:
    for spec in (TOY, ALONE):
        states = defined(spec)["States"]
        told = str(states["RecordFailure"]["Arguments"]["MessageBody"])
        known = states["NameRun"]["Assign"]
        used = {name for name in ("candidates", "chosen", "tuning_job", "trial") if f"${name}" in told}
        assert used
        assert used <= set(known)


def test_an_environment_s_trials_are_shared_and_the_models_own_number_is_not() -> None:
    tuning = dataclasses.replace(THREAT.trained.tuning, jobs=20, parallel=4)
    assert [budget(LOCAL, tuning, searches)[0] for searches in (1, 2, 3, 4)] == [6, 4, 3, 2]
    assert [budget(PROD, tuning, searches)[0] for searches in (1, 4)] == [20, 20]
    small = dataclasses.replace(PROD, max_tuning_jobs=10)
    assert budget(small, tuning, 4)[0] == 10
    assert [budget(PROD, tuning, searches)[1] for searches in (1, 2, 3, 4, 5)] == [4, 2, 2, 1, 1]
    assert budget(LOCAL, dataclasses.replace(tuning, jobs=1, parallel=1), 2) == (1, 1)


def test_an_environment_whose_trials_are_fewer_than_one_learner_s_is_refused() -> None:
    with pytest.raises(ValueError, match="max_trials 5 must be at least max_tuning_jobs, 6"):
        dataclasses.replace(LOCAL, max_trials=5)


def test_tuning_jobs_of_rivals_have_names_of_their_own() -> None:
    own, rival = tuning_prefixes(PROD, TOY)
    assert tuning_prefixes(PROD, ALONE) == [own]
    assert own != rival
    assert len(rival) <= 16
    assert rival.startswith("prod-toy-xg-")


def test_learners_that_one_evaluation_cannot_judge_are_refused() -> None:
    names = ("xgboost", "lightgbm", "neural_network", "linear_text", "lstm")
    rivals = [Rival(learner=name, ranges=()) for name in names]
    with pytest.raises(ValueError, match="6 learners are searched; one evaluation compares 5 at most"):
        rivalled(*rivals)
    with pytest.raises(ValueError, match="learners random_forest, lstm share no container"):
        rivalled(rivals[-1])
    most = defined(rivalled(*rivals[:-1]))["States"]["EvaluateAgainstChampion"]["Arguments"]
    assert len(most["ProcessingInputs"]) == 10
