"""The SageMaker training toolkit's side of the contract: /opt/ml/input, SM_* variables, the command."""

from __future__ import annotations

import json
import os
from typing import Any

from local.sagemaker.container import HOST, resource_config
from local.sagemaker.jobs import Job, JobFailed

_OWN = ("sagemaker_", "_tuning_objective_metric")


def lay_out(job: Job) -> None:
    """The folders and configuration files the container finds; the code, shared between jobs, is linked."""
    container, request = job.container, job.request
    container.make("model", "output/data", "output/intermediate", "input/data", "checkpoints")
    hyperparameters = container.relocate_all(request.get("HyperParameters", {}))
    container.write_json("input/config/hyperparameters.json", hyperparameters)
    container.write_json("input/config/inputdataconfig.json", _channels(request))
    container.write_json(
        "input/config/resourceconfig.json",
        resource_config(request["ResourceConfig"].get("InstanceType", "local")),
    )
    source = parameters_of(job).get("sagemaker_submit_directory")
    if source:
        try:
            (container.ml / "code").symlink_to(job.machine.objects.unpack(source))
        except FileNotFoundError as error:
            raise JobFailed(f"ClientError: sagemaker_submit_directory: {error}") from error


def command(job: Job) -> list[str]:
    """What runs in /opt/ml/code: the declared entrypoint, or python with the script and its arguments."""
    algorithm = job.request["AlgorithmSpecification"]
    if "ContainerEntrypoint" in algorithm:
        words = [*algorithm["ContainerEntrypoint"], *algorithm.get("ContainerArguments", [])]
        return [job.container.relocate(word) for word in words]
    parameters = parameters_of(job)
    program = str(parameters["sagemaker_program"])
    if not (job.container.ml / "code" / program).is_file():
        raise JobFailed(f"ClientError: {program} is not in {parameters.get('sagemaker_submit_directory')}")
    return ["python3", str(job.container.ml / "code" / program), *user_arguments(parameters)]


def variables(job: Job) -> dict[str, str]:
    """The process environment: the toolkit's SM_* variables over the job's own over the machine's."""
    parameters = parameters_of(job)
    own = {name: value for name, value in parameters.items() if not name.startswith(_OWN)}
    ml, request = str(job.container.ml), job.request
    channels = _channels(request)
    program = str(parameters.get("sagemaker_program", ""))
    paths = {
        "SM_MODEL_DIR": f"{ml}/model",
        "SM_OUTPUT_DIR": f"{ml}/output",
        "SM_OUTPUT_DATA_DIR": f"{ml}/output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{ml}/output/intermediate",
        "SM_INPUT_DIR": f"{ml}/input",
        "SM_INPUT_CONFIG_DIR": f"{ml}/input/config",
        **{f"SM_CHANNEL_{name.upper()}": f"{ml}/input/data/{name}" for name in channels},
    }
    resources = resource_config(request["ResourceConfig"].get("InstanceType", "local"))
    facts = {
        "SM_CHANNELS": sorted(channels),
        "SM_HPS": own,
        "SM_HOSTS": [HOST],
        "SM_RESOURCE_CONFIG": resources,
        "SM_INPUT_DATA_CONFIG": channels,
        "SM_USER_ARGS": user_arguments(parameters),
        "SM_TRAINING_ENV": {
            "channel_input_dirs": {name: paths[f"SM_CHANNEL_{name.upper()}"] for name in channels},
            "hyperparameters": own,
            "job_name": job.name,
            "model_dir": paths["SM_MODEL_DIR"],
            "output_data_dir": paths["SM_OUTPUT_DATA_DIR"],
            "resource_config": resources,
            "user_entry_point": program,
        },
    }
    return {
        **job.machine.environment(),
        **paths,
        **{name: json.dumps(value) for name, value in facts.items()},
        **{f"SM_HP_{name.upper()}": _text(value) for name, value in own.items()},
        "SM_CURRENT_HOST": HOST,
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "SM_LOG_LEVEL": "20",
        "SM_USER_ENTRY_POINT": program,
        "SM_MODULE_NAME": program.removesuffix(".py"),
        "SM_MODULE_DIR": str(parameters.get("sagemaker_submit_directory", "")),
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.kind.get(job.machine, job.name)["TrainingJobArn"],
        "PYTHONPATH": f"{ml}/code",
        **job.container.relocate_all(request.get("Environment", {})),
    }


def parameters_of(job: Job) -> dict[str, Any]:
    """Hyperparameters as the toolkit reads them: JSON where the text is JSON, else the text itself."""
    declared = job.container.relocate_all(job.request.get("HyperParameters", {}))
    return {name: _decode(value) for name, value in declared.items()}


def user_arguments(parameters: dict[str, Any]) -> list[str]:
    """`--name value` for each of the user's own hyperparameters, sorted by name."""
    own = sorted(name for name in parameters if not name.startswith(_OWN))
    return [
        word
        for name in own
        for word in (f"--{name}" if len(name) > 1 else f"-{name}", _text(parameters[name]))
    ]


def _decode(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _channels(request: dict[str, Any]) -> dict[str, Any]:
    return {
        channel["ChannelName"]: {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
        for channel in request.get("InputDataConfig", [])
    }
