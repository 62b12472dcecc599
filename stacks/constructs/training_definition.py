"""The state machine of a model's training run: prepare, tune, evaluate, gate, register."""

import dataclasses
from typing import Any

from catalog.contract import NO_CHAMPION
from catalog.spec import Promotion, RealTimeEndpoint
from stacks.constructs.states import (
    JOB_ERRORS,
    SDK_ERRORS,
    State,
    expression,
    failure_states,
    invoke,
    retry,
    task,
)
from stacks.constructs.tracking_states import record_failure, record_training
from stacks.constructs.training_requests import (
    HOSTING,
    JOB_LIMIT_S,
    JobPlaces,
    evaluate_request,
    generate_request,
    prepare_request,
    raw_records,
)
from stacks.constructs.tuning_request import TUNING_LIMIT_S, tune_request
from stacks.images import framework, image
from stacks.names import champion_parameter, scoped

SAGEMAKER = "arn:aws:states:::sagemaker:"
SDK = "arn:aws:states:::aws-sdk:"
RETRY_JOB = [retry(JOB_ERRORS, seconds=30, attempts=3)]
RETRY_CALL = [retry(SDK_ERRORS, seconds=2, attempts=4)]


def training_definition(
    places: JobPlaces, *, gate_arn: str, topic_arn: str, tracking_url: str
) -> dict[str, Any]:
    """Input `{"profile": name}`; output tells the package, its status and the reasons.

    With `{"profile": "synthetic", "records": n}` the run first makes n records for itself.
    """
    title = scoped(places.env, places.spec)
    return {
        "Comment": f"Trains {title} and registers the candidate",
        "QueryLanguage": "JSONata",
        "StartAt": "NameRun",
        "TimeoutSeconds": TUNING_LIMIT_S + 4 * JOB_LIMIT_S,
        "States": {
            **_naming(places),
            **_data_and_trials(places),
            **_champion(places),
            **_verdict(places, gate_arn),
            **_registration(places),
            "Record": record_training(tracking_url, places.spec.name, then="Registered"),
            "RecordFailure": record_failure(tracking_url, places.spec.name, then="Failed"),
            **failure_states(topic_arn, f"Training of {title}", then="RecordFailure"),
        },
    }


def _naming(places: JobPlaces) -> dict[str, State]:
    profiles = ", ".join(profile.name for profile in places.spec.trained.promotion.profiles)
    wanted = f'The input must name a data profile, {{"profile": name}}, of {profiles}'
    known = " or ".join(f"$profile = '{profile.name}'" for profile in places.spec.trained.promotion.profiles)
    return {
        "NameRun": {
            "Type": "Pass",
            "Assign": {
                "profile": expression("$exists($states.input.profile) ? $states.input.profile : ''"),
                "records": expression("$exists($states.input.records) ? $states.input.records : 0"),
                "date": expression("$substring($states.context.Execution.StartTime, 0, 10)"),
                "run": expression(
                    "$replace($substring($states.context.Execution.StartTime, 2, 8), '-', '')"
                    " & '-' & $substring($uuid(), 0, 6)"
                ),
                **dict.fromkeys(("tuning_job", "trial", "evaluated"), ""),
            },
            "Next": "ProfileIsKnown",
        },
        "ProfileIsKnown": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression("$records > 0 and $profile = 'synthetic'"), "Next": "Generate"},
                {"Condition": expression(known), "Next": "FindRecords"},
            ],
            "Default": "UnknownProfile",
        },
        "FindRecords": {
            "Type": "Pass",
            "Assign": {"source": expression(raw_records(places))},
            "Next": "Prepare",
        },
        "Generate": task(
            f"{SAGEMAKER}createProcessingJob.sync",
            generate_request(places),
            then="Prepare",
            timeout_s=JOB_LIMIT_S + 1800,
            retries=RETRY_JOB,
            assign={"source": places.run_url("raw/")},
        ),
        "UnknownProfile": {
            "Type": "Fail",
            "Error": "UnknownProfile",
            "Cause": expression(f"'{wanted}, got ' & $profile"),
        },
    }


def _data_and_trials(places: JobPlaces) -> dict[str, State]:
    best = expression("$states.result.BestTrainingJob.TrainingJobName")
    return {
        "Prepare": task(
            f"{SAGEMAKER}createProcessingJob.sync",
            prepare_request(places),
            then="Tune",
            timeout_s=JOB_LIMIT_S + 1800,
            retries=RETRY_JOB,
        ),
        "Tune": task(
            f"{SAGEMAKER}createHyperParameterTuningJob.sync",
            tune_request(places),
            then="FindArtifact",
            timeout_s=TUNING_LIMIT_S + 1800,
            retries=RETRY_JOB,
            assign={"trial": best, "tuning_job": expression("$states.result.HyperParameterTuningJobName")},
        ),
        "FindArtifact": task(
            f"{SDK}sagemaker:describeTrainingJob",
            {"TrainingJobName": expression("$trial")},
            then="ReadChampion",
            timeout_s=60,
            retries=RETRY_CALL,
            assign={"candidate": expression("$states.result.ModelArtifacts.S3ModelArtifacts")},
        ),
    }


def _champion(places: JobPlaces) -> dict[str, State]:
    return {
        "ReadChampion": task(
            f"{SDK}ssm:getParameter",
            {"Name": champion_parameter(places.env, places.spec)},
            then="ChampionExists",
            timeout_s=60,
            retries=RETRY_CALL,
            assign={"package": expression("$states.result.Parameter.Value")},
        ),
        "ChampionExists": {
            "Type": "Choice",
            "Choices": [{"Condition": expression(f"$package = '{NO_CHAMPION}'"), "Next": "EvaluateAlone"}],
            "Default": "FindChampion",
        },
        "FindChampion": task(
            f"{SDK}sagemaker:describeModelPackage",
            {"ModelPackageName": expression("$package")},
            then="EvaluateAgainstChampion",
            timeout_s=60,
            retries=RETRY_CALL,
            assign={
                "champion": expression("$states.result.InferenceSpecification.Containers[0].ModelDataUrl")
            },
        ),
    }


def _verdict(places: JobPlaces, gate_arn: str) -> dict[str, State]:
    def evaluate(champion: bool) -> State:
        return task(
            f"{SAGEMAKER}createProcessingJob.sync",
            evaluate_request(places, champion=champion),
            then="Gate",
            timeout_s=JOB_LIMIT_S + 1800,
            retries=RETRY_JOB,
            assign={"evaluated": places.run_url("evaluation/evaluation.json")},
        )

    payload = {
        "model": places.spec.name,
        "profile": expression("$profile"),
        "evaluation_uri": places.run_url("evaluation/evaluation.json"),
        "promotion": gate_rules(places.spec.trained.promotion),
        "approval": places.env.promotion,
    }
    gate = invoke(gate_arn, payload, then="Register", assign={"gate": expression("$states.result.Payload")})
    return {"EvaluateAlone": evaluate(False), "EvaluateAgainstChampion": evaluate(True), "Gate": gate}


def gate_rules(promotion: Promotion) -> dict[str, Any]:
    """The spec's promotion rules as the gate function reads them."""
    rules = dataclasses.asdict(promotion)
    rules["profiles"] = {profile["name"]: list(profile["gates"]) for profile in rules["profiles"]}
    return rules


def _registration(places: JobPlaces) -> dict[str, State]:
    container = {
        "Image": image(places.env.region, framework(places.spec)),
        "ModelDataUrl": expression("$candidate"),
        **({"Environment": HOSTING} if isinstance(places.spec.serving, RealTimeEndpoint) else {}),
    }
    properties = "{'profile': $profile, 'run': $run, 'training_job': $trial}"
    statistics = {"ContentType": "application/json", "S3Uri": places.run_url("evaluation/evaluation.json")}
    request = {
        "ModelPackageGroupName": scoped(places.env, places.spec),
        "ModelPackageDescription": expression("$gate.description"),
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        "ModelApprovalStatus": expression("$gate.status"),
        "CustomerMetadataProperties": expression(f"$merge([$gate.metrics, {properties}])"),
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
    }
    register = task(
        f"{SDK}sagemaker:createModelPackage", request, then="Record", timeout_s=120, retries=RETRY_CALL
    )
    package = "'package': $states.result.ModelPackageArn, 'status': $gate.status, 'reasons': $gate.reasons"
    register["Output"] = expression(f"{{{package}, 'run': $run, 'training_job': $trial}}")
    return {"Register": register, "Registered": {"Type": "Succeed"}}
