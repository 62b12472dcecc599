"""The state machine of a model's training run: prepare, tune, evaluate, gate, register."""

from typing import Any

from catalog.contract import NO_CHAMPION
from catalog.spec import RealTimeEndpoint
from catalog.tuning import TUNING_LIMIT_S
from stacks.constructs.states import State, expression, failure_states, invoke, task
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
from stacks.constructs.tuning_states import (
    RETRY_CALL,
    RETRY_JOB,
    SAGEMAKER,
    SDK,
    Candidates,
    candidates,
)
from stacks.names import champion_parameter, scoped


def training_definition(
    places: JobPlaces, *, gate_arn: str, topic_arn: str, tracking_url: str
) -> dict[str, Any]:
    """Input `{"profile": name}`; output tells the package, its status and the reasons.

    With `{"profile": "synthetic", "records": n}` the run first makes n records for itself.
    """
    title, model = scoped(places.env, places.spec), places.spec.name
    trials = candidates(places, then="ReadChampion")
    return {
        "Comment": f"Trains {title} and registers the candidate",
        "QueryLanguage": "JSONata",
        "StartAt": "NameRun",
        "TimeoutSeconds": TUNING_LIMIT_S + 4 * JOB_LIMIT_S,
        "States": {
            **_naming(places, trials),
            **_data(places),
            **trials.states,
            **_champion(places),
            **_verdict(places, trials, gate_arn),
            **_registration(places, trials),
            "Record": record_training(tracking_url, model, trials, then="Registered"),
            "RecordFailure": record_failure(tracking_url, model, trials, then="Failed"),
            **failure_states(topic_arn, f"Training of {title}", then="RecordFailure"),
        },
    }


def _naming(places: JobPlaces, trials: Candidates) -> dict[str, State]:
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
                **trials.variables,
                "evaluated": "",
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


def _data(places: JobPlaces) -> dict[str, State]:
    return {
        "Prepare": task(
            f"{SAGEMAKER}createProcessingJob.sync",
            prepare_request(places),
            then="Tune",
            timeout_s=JOB_LIMIT_S + 1800,
            retries=RETRY_JOB,
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


def _verdict(places: JobPlaces, trials: Candidates, gate_arn: str) -> dict[str, State]:
    def evaluate(champion: bool) -> State:
        return task(
            f"{SAGEMAKER}createProcessingJob.sync",
            evaluate_request(places, trials.models, champion=champion),
            then="Gate",
            timeout_s=JOB_LIMIT_S + 1800,
            retries=RETRY_JOB,
            assign={"evaluated": places.run_url("evaluation/evaluation.json")},
        )

    payload = {
        "model": places.spec.name,
        "profile": expression("$profile"),
        "evaluation_uri": places.run_url("evaluation/evaluation.json"),
        "promotion": places.spec.trained.promotion.rules,
        "approval": places.env.promotion,
    }
    judged = {"gate": expression("$states.result.Payload"), **trials.choice}
    gate = invoke(gate_arn, payload, then="Register", assign=judged)
    return {"EvaluateAlone": evaluate(False), "EvaluateAgainstChampion": evaluate(True), "Gate": gate}


def _registration(places: JobPlaces, trials: Candidates) -> dict[str, State]:
    container = {
        "Image": trials.image,
        "ModelDataUrl": trials.artifact,
        **({"Environment": HOSTING} if isinstance(places.spec.serving, RealTimeEndpoint) else {}),
    }
    properties = f"{{'profile': $profile, 'run': $run, {trials.properties}}}"
    statistics, reference = (
        {
            "Statistics": {
                "ContentType": "application/json",
                "S3Uri": places.run_url(f"evaluation/{name}.json"),
            }
        }
        for name in ("evaluation", "reference")
    )
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
        "ModelMetrics": {"ModelQuality": statistics},
        "DriftCheckBaselines": {"ModelDataQuality": reference},
    }
    register = task(
        f"{SDK}sagemaker:createModelPackage", request, then="Record", timeout_s=120, retries=RETRY_CALL
    )
    package = "'package': $states.result.ModelPackageArn, 'status': $gate.status, 'reasons': $gate.reasons"
    register["Output"] = expression(f"{{{package}, 'run': $run, 'training_job': {trials.trial}}}")
    return {"Register": register, "Registered": {"Type": "Succeed"}}
