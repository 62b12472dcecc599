"""What a training run asks of SageMaker. `$run` and its like are variables of the state machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.known import Framework
from catalog.spec import ModelSpec, Promotion
from catalog.tuning import SCRIPT_MODE
from stacks.constructs.states import expression
from stacks.environments import Environment
from stacks.images import PROCESSING, image, judging
from stacks.names import scoped

Request = dict[str, Any]

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


def raw_records(places: JobPlaces) -> str:
    """Where the raw bucket holds the profile's records, as an expression over `$profile`."""
    return f"'s3://{places.raw}/{places.spec.contract.record.raw}/profile=' & $profile & '/'"


def generate_request(places: JobPlaces) -> Request:
    """`$records` synthetic records into the run's own folder."""
    arguments = ["--records", expression("$string($records)"), "--output", OUTPUT]
    return _processing(places, "generate", inputs={}, output=places.run_url("raw/"), arguments=arguments)


def prepare_request(places: JobPlaces) -> Request:
    arguments = ["--raw", f"{INPUT}/raw", "--output", OUTPUT]
    run = ["--profile", expression("$profile"), "--run-date", expression("$date")]
    return _processing(
        places,
        "prepare",
        inputs={"raw": expression("$source")},
        output=places.run_url(),
        arguments=[*arguments, *run],
    )


def evaluate_request(places: JobPlaces, models: Mapping[str, str], *, champion: bool) -> Request:
    """Evaluation of each learner's best trial, `models`, against the champion where there is one."""
    inputs = {
        "test": places.run_url("test/"),
        "metadata": places.run_url("metadata/"),
        **{name: expression(artifact) for name, artifact in models.items()},
    }
    arguments = ["--test", f"{INPUT}/test", "--metadata", f"{INPUT}/metadata"]
    for name in models:
        arguments += ["--model", f"{INPUT}/{name}/model.tar.gz"]
    arguments += ["--output", OUTPUT]
    if len(models) > 1 or champion:
        arguments += _rule(places.spec.trained.promotion)
    if len(models) > 1:
        inputs["validation"] = places.run_url("validation/")
        arguments += ["--validation", f"{INPUT}/validation"]
    if champion:
        inputs["champion"] = expression("$champion")
        least = str(places.spec.trained.retraining.least_fresh_rows)
        arguments += ["--champion", f"{INPUT}/champion/model.tar.gz", "--least-fresh-rows", least]
    return _processing(
        places,
        "evaluate",
        inputs=inputs,
        output=places.run_url("evaluation/"),
        arguments=arguments,
        on=judging(places.spec),
    )


def _rule(promotion: Promotion) -> list[str]:
    """By what the evaluation chooses one of several, and compares it with the champion."""
    goal = "Maximize" if promotion.higher_is_better else "Minimize"
    return ["--metric", promotion.metric, "--goal", goal, "--margin", f"{promotion.margin:g}"]


def _processing(
    places: JobPlaces,
    step: str,
    *,
    inputs: dict[str, str],
    output: str,
    arguments: list[str],
    on: Framework = PROCESSING,
) -> Request:
    env = places.env
    return {
        "ProcessingJobName": job_name(scoped(env, places.spec), f"-{step}"),
        "RoleArn": places.role_arn,
        "AppSpecification": {
            "ImageUri": image(env.region, on),
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


def job_name(prefix: str, suffix: str = "") -> str:
    """A name that no retry takes again."""
    return expression(f"'{prefix}-' & $run & '{suffix}-' & $states.context.State.RetryCount")
