"""The tuning job: how many trials of what, each on what."""

from catalog.known import CLASS_METRICS, NUMBER_METRICS
from catalog.spec import Continuous, Metric, ModelSpec
from stacks.constructs.states import expression
from stacks.constructs.training_requests import SCRIPT_MODE, JobPlaces, Request, job_name
from stacks.images import framework, image
from stacks.names import tuning_prefix

TRIAL_LIMIT_S = 2 * 3600
TUNING_LIMIT_S = 24 * 3600


def tune_request(places: JobPlaces) -> Request:
    env, tuning = places.env, places.spec.trained.tuning
    jobs = min(tuning.jobs, env.max_tuning_jobs)
    objective = {"Type": tuning.objective.goal, "MetricName": tuning.objective.name}
    return {
        "HyperParameterTuningJobName": job_name(tuning_prefix(places.env, places.spec)),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": objective,
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": jobs,
                "MaxParallelTrainingJobs": min(tuning.parallel, env.max_parallel_jobs, jobs),
                "MaxRuntimeInSeconds": TUNING_LIMIT_S,
            },
            "ParameterRanges": _ranges(places.spec),
            "TrainingJobEarlyStoppingType": "Auto",
        },
        "TrainingJobDefinition": _trial(places),
    }


def _trial(places: JobPlaces) -> Request:
    env, spec = places.env, places.spec
    return {
        "StaticHyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": places.code_url,
            "learner": spec.trained.learner,
            **dict(spec.trained.tuning.fixed),
            **({"checkpoint_dir": "/opt/ml/checkpoints"} if env.spot else {}),
        },
        "AlgorithmSpecification": {
            "TrainingImage": image(env.region, framework(spec)),
            "TrainingInputMode": "File",
            **_metrics(spec),
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


def _metrics(spec: ModelSpec) -> Request:
    """What SageMaker reads in the job's log. It knows the XGBoost image's metrics, and refuses to be told."""
    if framework(spec) == "xgboost":
        return {}
    known = CLASS_METRICS if spec.contract.target.classes else NUMBER_METRICS
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


def _ranges(spec: ModelSpec) -> Request:
    kinds: dict[str, list[Request]] = {"ContinuousParameterRanges": [], "IntegerParameterRanges": []}
    for span in spec.trained.tuning.ranges:
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
