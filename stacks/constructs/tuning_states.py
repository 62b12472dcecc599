"""The states that tune and find candidates: one learner's, or several side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.spec import Rival
from catalog.tuning import TUNING_LIMIT_S
from stacks.constructs.states import (
    FAILED,
    JOB_ERRORS,
    SDK_ERRORS,
    State,
    bounded,
    expression,
    retry,
    task,
)
from stacks.constructs.training_requests import JobPlaces
from stacks.constructs.tuning_request import tune_request
from stacks.images import framework, image

SAGEMAKER = "arn:aws:states:::sagemaker:"
SDK = "arn:aws:states:::aws-sdk:"
RETRY_JOB = [retry(JOB_ERRORS, seconds=30, attempts=3)]
RETRY_CALL = [retry(SDK_ERRORS, seconds=2, attempts=4)]
BEST = expression("$states.result.BestTrainingJob.TrainingJobName")
NAMED = expression("$states.result.HyperParameterTuningJobName")
FOUND = "$states.result.ModelArtifacts.S3ModelArtifacts"


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The states from `Tune` on, and how those after them name what was found: in the machine's variables."""

    states: dict[str, State]
    variables: dict[str, Any]
    """As they stand before anything is found, for the record of a run that fails."""
    models: Mapping[str, str]
    """The variable that holds each candidate's artifact, by its name among the evaluation's inputs."""
    choice: Mapping[str, str]
    """What the gate's answer assigns."""
    artifact: str
    image: str
    trial: str
    properties: str
    """What the package tells of the trials, as members of a JSONata object."""
    told: dict[str, str]
    """What the record is told of the tuning jobs."""


def candidates(places: JobPlaces, *, then: str) -> Candidates:
    searches = places.spec.trained.searches
    return _several(places, searches, then) if len(searches) > 1 else _one(places, searches[0], then)


def _one(places: JobPlaces, search: Rival, then: str) -> Candidates:
    tune = task(
        f"{SAGEMAKER}createHyperParameterTuningJob.sync",
        tune_request(places, search),
        then="FindArtifact",
        timeout_s=TUNING_LIMIT_S + 1800,
        retries=RETRY_JOB,
        assign={"trial": BEST, "tuning_job": NAMED},
    )
    find = task(
        f"{SDK}sagemaker:describeTrainingJob",
        {"TrainingJobName": expression("$trial")},
        then=then,
        timeout_s=60,
        retries=RETRY_CALL,
        assign={"candidate": expression(FOUND)},
    )
    return Candidates(
        states={"Tune": tune, "FindArtifact": find},
        variables={"tuning_job": "", "trial": ""},
        models={"model": "$candidate"},
        choice={},
        artifact=expression("$candidate"),
        image=image(places.env.region, framework(search.learner)),
        trial="$trial",
        properties="'training_job': $trial",
        told={"tuning_job": expression("$tuning_job")},
    )


def _several(places: JobPlaces, searches: tuple[Rival, ...], then: str) -> Candidates:
    """A branch a learner. What a branch assigns stays in it, so each puts out what it found."""
    tune: State = {
        "Type": "Parallel",
        "Branches": [_branch(places, search) for search in searches],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": FAILED}],
        "Next": "KeepCandidates",
    }
    keep: State = {"Type": "Pass", "Assign": {"candidates": expression("$states.input")}, "Next": then}
    return Candidates(
        states={"Tune": tune, "KeepCandidates": keep},
        variables={"candidates": [], "chosen": {"trial": ""}},
        models={
            f"model-{search.learner}": f"$candidates[{place}].artifact"
            for place, search in enumerate(searches)
        },
        choice={"chosen": expression("$candidates[$states.result.Payload.chosen]")},
        artifact=expression("$chosen.artifact"),
        image=expression("$chosen.image"),
        trial="$chosen.trial",
        properties="'training_job': $chosen.trial, 'tuning_jobs': $join($candidates.tuning_job, ' ')",
        told={"tuning_jobs": expression("[$candidates.tuning_job]")},
    )


def _branch(places: JobPlaces, search: Rival) -> dict[str, Any]:
    """Its errors are caught where the branches meet."""
    title = "".join(part.capitalize() for part in search.learner.split("_"))
    tune = bounded(
        f"{SAGEMAKER}createHyperParameterTuningJob.sync",
        tune_request(places, search),
        timeout_s=TUNING_LIMIT_S + 1800,
        retries=RETRY_JOB,
    )
    known = {"learner": search.learner, "image": image(places.env.region, framework(search.learner))}
    found = {**known, "tuning_job": NAMED, "trial": BEST}
    find = bounded(
        f"{SDK}sagemaker:describeTrainingJob",
        {"TrainingJobName": expression("$states.input.trial")},
        timeout_s=60,
        retries=RETRY_CALL,
    )
    whole = expression(f"$merge([$states.input, {{'artifact': {FOUND}}}])")
    states = {
        f"Tune{title}": {**tune, "Output": found, "Next": f"Find{title}"},
        f"Find{title}": {**find, "Output": whole, "End": True},
    }
    return {"StartAt": f"Tune{title}", "States": states}
