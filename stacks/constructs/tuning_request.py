"""The tuning job of one learner: how many trials of what, each on what."""

import math

from catalog.known import NUMBER_METRICS, PRINTED_CLASS_METRICS
from catalog.spec import Continuous, Metric, ModelSpec, Rival, Tuning
from stacks.constructs.states import expression
from stacks.constructs.training_requests import SCRIPT_MODE, JobPlaces, Request, job_name
from stacks.environments import Environment
from stacks.images import framework, image
from stacks.names import tuning_prefix

TRIAL_LIMIT_S = 2 * 3600
TUNING_LIMIT_S = 24 * 3600


def budget(env: Environment, tuning: Tuning, searches: int) -> tuple[int, int]:
    """How many trials each of a training's searches makes, and how many of them at once.

    What an environment bounds for a training as a whole (its trials, and the instances in use at once) the
    searches share in equal parts, rounded up.
    """
    shared = tuning.jobs if env.max_trials is None else math.ceil(env.max_trials / searches)
    jobs = min(tuning.jobs, env.max_tuning_jobs, shared)
    return jobs, min(math.ceil(min(tuning.parallel, env.max_parallel_jobs) / searches), jobs)


def tune_request(places: JobPlaces, search: Rival) -> Request:
    env, training = places.env, places.spec.trained
    tuning = training.tuning
    jobs, parallel = budget(env, tuning, len(training.searches))
    objective = {"Type": tuning.objective.goal, "MetricName": tuning.objective.name}
    return {
        "HyperParameterTuningJobName": job_name(tuning_prefix(env, places.spec, search.learner)),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": objective,
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": jobs,
                "MaxParallelTrainingJobs": parallel,
                "MaxRuntimeInSeconds": TUNING_LIMIT_S,
            },
            "ParameterRanges": _ranges(search),
            "TrainingJobEarlyStoppingType": "Auto",
        },
        "TrainingJobDefinition": _trial(places, search),
    }


def _trial(places: JobPlaces, search: Rival) -> Request:
    env, spec = places.env, places.spec
    return {
        "StaticHyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": places.code_url,
            "learner": search.learner,
            **dict(search.fixed),
            **({"checkpoint_dir": "/opt/ml/checkpoints"} if env.spot else {}),
        },
        "AlgorithmSpecification": {
            "TrainingImage": image(env.region, framework(search.learner)),
            "TrainingInputMode": "File",
            **_metrics(spec, search),
        },
        "RoleArn": places.role_arn,
        "InputDataConfig": [_channel(name, places) for name in ("train", "validation", "metadata")],
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
        "RetryStrategy": {"MaximumRetryAttempts": 2},
        "Environment": SCRIPT_MODE,
        **_spot(places),
        **places.network,
    }


def _metrics(spec: ModelSpec, search: Rival) -> Request:
    """What SageMaker reads in the job's log. It knows the XGBoost image's metrics, and refuses to be told."""
    if framework(search.learner) == "xgboost":
        return {}
    known = PRINTED_CLASS_METRICS if spec.contract.target.classes else NUMBER_METRICS
    metrics = [
        Metric(name=f"validation:{name}", goal="Maximize" if higher else "Minimize")
        for name, higher in known.items()
    ]
    return {"MetricDefinitions": [{"Name": metric.name, "Regex": metric.regex} for metric in metrics]}


def _spot(places: JobPlaces) -> Request:
    if not places.env.spot:
        return {}
    checkpoints = f"'s3://{places.models}/{places.spec.name}/checkpoints/' & $run & '/'"
    return {
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": expression(checkpoints), "LocalPath": "/opt/ml/checkpoints"},
    }


def _ranges(search: Rival) -> Request:
    kinds: dict[str, list[Request]] = {"ContinuousParameterRanges": [], "IntegerParameterRanges": []}
    for span in search.ranges:
        kind = "ContinuousParameterRanges" if isinstance(span, Continuous) else "IntegerParameterRanges"
        low, high = f"{span.low:g}", f"{span.high:g}"
        kinds[kind].append(
            {"Name": span.name, "MinValue": low, "MaxValue": high, "ScalingType": span.scaling}
        )
    return kinds


def _channel(name: str, places: JobPlaces) -> Request:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": places.run_url(f"{name}/"),
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}
