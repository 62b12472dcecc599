"""What a training run asks of SageMaker. `$run` and its like are variables of the state machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.spec import Continuous, ModelSpec
from stacks.constructs.states import expression
from stacks.environments import Environment
from stacks.images import xgboost_image
from stacks.names import scoped, tuning_prefix

Request = dict[str, Any]

SCRIPT_MODE = {"PIP_NO_BUILD_ISOLATION": "0"}
"""Script mode installs the code with pip, which would fetch build tools; the image has them already."""
HOSTING = {
    **SCRIPT_MODE,
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
}

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
UNPACK_AND_RUN = (
    f"mkdir -p /opt/ml/code && tar -xzf {INPUT}/code/*.gz -C /opt/ml/code"
    ' && exec python3 /opt/ml/code/$0 "$@"'
)
JOB_LIMIT_S = 4 * 3600
TRIAL_LIMIT_S = 2 * 3600
TUNING_LIMIT_S = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class JobPlaces:
    """What one model's jobs run on and where their data lies. Tokens of the template, mostly."""

    env: Environment
    spec: ModelSpec
    role_arn: str
    key_arn: str
    raw: str
    processed: str
    models: str
    code_url: str
    vpc: dict[str, Sequence[str]] | None

    def run_url(self, part: str = "") -> str:
        """Where this run's prepared data lies, as an expression over `$run`."""
        return expression(f"'s3://{self.processed}/{self.spec.name}/' & $run & '/{part}'")

    @property
    def network(self) -> dict[str, Any]:
        return {"VpcConfig": self.vpc} if self.vpc else {}


def prepare_request(places: JobPlaces) -> Request:
    raw = expression(f"'s3://{places.raw}/insights/profile=' & $profile & '/'")
    arguments = ["--raw", f"{INPUT}/raw", "--output", OUTPUT]
    run = ["--profile", expression("$profile"), "--run-date", expression("$date")]
    return _processing(
        places, "prepare", inputs={"raw": raw}, output=places.run_url(), arguments=[*arguments, *run]
    )


def evaluate_request(places: JobPlaces, *, champion: bool) -> Request:
    """Evaluation of the best trial, against the champion where there is one."""
    inputs = {
        "test": places.run_url("test/"),
        "metadata": places.run_url("metadata/"),
        "model": expression("$candidate"),
    }
    arguments = [
        *("--test", f"{INPUT}/test", "--metadata", f"{INPUT}/metadata"),
        *("--model", f"{INPUT}/model/model.tar.gz", "--output", OUTPUT),
    ]
    if champion:
        inputs["champion"] = expression("$champion")
        arguments += ["--champion", f"{INPUT}/champion/model.tar.gz"]
    return _processing(
        places, "evaluate", inputs=inputs, output=places.run_url("evaluation/"), arguments=arguments
    )


def tune_request(places: JobPlaces) -> Request:
    env, tuning = places.env, places.spec.tuning
    jobs = min(tuning.jobs, env.max_tuning_jobs)
    objective = {"Type": tuning.objective.goal, "MetricName": tuning.objective.name}
    return {
        "HyperParameterTuningJobName": _job_name(tuning_prefix(places.spec)),
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
    metric = spec.tuning.objective
    return {
        "StaticHyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": places.code_url,
            "learner": spec.learner,
            **dict(spec.tuning.fixed),
            **({"checkpoint_dir": "/opt/ml/checkpoints"} if env.spot else {}),
        },
        "AlgorithmSpecification": {
            "TrainingImage": xgboost_image(env.region),
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": metric.name, "Regex": metric.regex}],
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
    for span in spec.tuning.ranges:
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


def _processing(
    places: JobPlaces, step: str, *, inputs: dict[str, str], output: str, arguments: list[str]
) -> Request:
    env = places.env
    return {
        "ProcessingJobName": _job_name(scoped(env, places.spec), f"-{step}"),
        "RoleArn": places.role_arn,
        "AppSpecification": {
            "ImageUri": xgboost_image(env.region),
            "ContainerEntrypoint": ["/bin/bash", "-c", UNPACK_AND_RUN, f"{step}.py"],
            "ContainerArguments": arguments,
        },
        "Environment": SCRIPT_MODE,
        "ProcessingInputs": [_input(name, url) for name, url in {"code": places.code_url, **inputs}.items()],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": step,
                    "S3Output": {"S3Uri": output, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"},
                }
            ],
            "KmsKeyId": places.key_arn,
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": env.processing_instance,
                "InstanceCount": 1,
                "VolumeSizeInGB": env.volume_gb,
                "VolumeKmsKeyId": places.key_arn,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": JOB_LIMIT_S},
        **({"NetworkConfig": places.network} if places.vpc else {}),
    }


def _input(name: str, url: str) -> Request:
    source = {"S3Uri": url, "LocalPath": f"{INPUT}/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}


def _job_name(prefix: str, suffix: str = "") -> str:
    """A name that no retry takes again."""
    return expression(f"'{prefix}-' & $run & '{suffix}-' & $states.context.State.RetryCount")
