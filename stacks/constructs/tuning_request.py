"""The tuning job of one learner: how many trials of what, each on what."""

import math

from catalog.spec import Continuous, ModelSpec, Rival, Tuning
from catalog.tuning import (
    ATTEMPTS,
    CHANNELS,
    CHECKPOINTS,
    EARLY_STOPPING,
    SCRIPT_MODE,
    STRATEGY,
    TRIAL_LIMIT_S,
    TUNING_LIMIT_S,
    TuningPlaces,
    metrics_to_read,
    static_hyperparameters,
)
from stacks.constructs.states import expression
from stacks.constructs.training_requests import JobPlaces, Request, job_name
from stacks.environments import Environment
from stacks.images import framework, image
from stacks.names import tuning_prefix


def budget(env: Environment, tuning: Tuning, searches: int) -> tuple[int, int]:
    """How many trials each of a training's searches makes, and how many of them at once.

    What an environment bounds for a training as a whole (its trials, and the instances in use at once) the
    searches share in equal parts, rounded up.
    """
    shared = tuning.jobs if env.max_trials is None else math.ceil(env.max_trials / searches)
    jobs = min(tuning.jobs, env.max_tuning_jobs, shared)
    return jobs, min(math.ceil(min(tuning.parallel, env.max_parallel_jobs) / searches), jobs)


def tuning_places(places: JobPlaces) -> TuningPlaces:
    """What whoever tunes the model from elsewhere must know."""
    env, training = places.env, places.spec.trained
    jobs, parallel = budget(env, training.tuning, len(training.searches))
    vpc = places.vpc or {"SecurityGroupIds": [], "Subnets": []}
    return TuningPlaces(
        role_arn=places.role_arn,
        key_arn=places.key_arn,
        processed=places.processed,
        models=places.models,
        code_url=places.code_url,
        images={each.learner: image(env.region, framework(each.learner)) for each in training.searches},
        instance=env.training_instance,
        volume_gb=env.volume_gb,
        spot=env.spot,
        jobs=jobs,
        parallel=parallel,
        security_groups=list(vpc["SecurityGroupIds"]),
        subnets=list(vpc["Subnets"]),
    )


def tune_request(places: JobPlaces, search: Rival) -> Request:
    env, training = places.env, places.spec.trained
    tuning = training.tuning
    jobs, parallel = budget(env, tuning, len(training.searches))
    objective = {"Type": tuning.objective.goal, "MetricName": tuning.objective.name}
    return {
        "HyperParameterTuningJobName": job_name(tuning_prefix(env, places.spec, search.learner)),
        "HyperParameterTuningJobConfig": {
            "Strategy": STRATEGY,
            "HyperParameterTuningJobObjective": objective,
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": jobs,
                "MaxParallelTrainingJobs": parallel,
                "MaxRuntimeInSeconds": TUNING_LIMIT_S,
            },
            "ParameterRanges": _ranges(search),
            "TrainingJobEarlyStoppingType": EARLY_STOPPING,
        },
        "TrainingJobDefinition": _trial(places, search),
    }


def _trial(places: JobPlaces, search: Rival) -> Request:
    env, spec = places.env, places.spec
    return {
        "StaticHyperParameters": static_hyperparameters(search, code_url=places.code_url, spot=env.spot),
        "AlgorithmSpecification": {
            "TrainingImage": image(env.region, framework(search.learner)),
            "TrainingInputMode": "File",
            **_metrics(spec, search),
        },
        "RoleArn": places.role_arn,
        "InputDataConfig": [_channel(name, places) for name in CHANNELS],
        "OutputDataConfig": {
            "S3OutputPath": f"s3://{places.models}/{spec.name}/trials/",
            "KmsKeyId": places.key_arn,
        },
        "ResourceConfig": {
            "InstanceType": env.training_instance,
            "InstanceCount": 1,
            "VolumeSizeInGB": env.volume_gb,
            "VolumeKmsKeyId": places.key_arn,
        },
        "StoppingCondition": {
            "MaxRuntimeInSeconds": TRIAL_LIMIT_S,
            **({"MaxWaitTimeInSeconds": 2 * TRIAL_LIMIT_S} if env.spot else {}),
        },
        "RetryStrategy": {"MaximumRetryAttempts": ATTEMPTS},
        "Environment": SCRIPT_MODE,
        **_spot(places),
        **places.network,
    }


def _metrics(spec: ModelSpec, search: Rival) -> Request:
    metrics = metrics_to_read(spec, search)
    return (
        {"MetricDefinitions": [{"Name": each.name, "Regex": each.regex} for each in metrics]}
        if metrics
        else {}
    )


def _spot(places: JobPlaces) -> Request:
    if not places.env.spot:
        return {}
    checkpoints = f"'s3://{places.models}/{places.spec.name}/checkpoints/' & $run & '/'"
    return {
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": expression(checkpoints), "LocalPath": CHECKPOINTS},
    }


def _ranges(search: Rival) -> Request:
    kinds: dict[str, list[Request]] = {"ContinuousParameterRanges": [], "IntegerParameterRanges": []}
    for span in search.ranges:
        kind = "ContinuousParameterRanges" if isinstance(span, Continuous) else "IntegerParameterRanges"
        low, high = f"{span.low:g}", f"{span.high:g}"
        kinds[kind].append(
            {"Name": span.name, "MinValue": low, "MaxValue": high, "ScalingType": span.scaling}
        )
    return {kind: spans for kind, spans in kinds.items() if spans}


def _channel(name: str, places: JobPlaces) -> Request:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": places.run_url(f"{name}/"),
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}
