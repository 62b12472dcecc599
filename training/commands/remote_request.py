"""The tuning job of one learner, in the shapes of the SageMaker SDK.

`sagemaker.train.tuner.HyperparameterTuner` would be shorter, but leaves the volume's key out and uploads code
of its own under the time of day; the SDK's resource takes the whole request. Importing the SDK takes seconds,
so nothing else imports this module.
"""

from __future__ import annotations

from typing import Any

from sagemaker.core import shapes
from sagemaker.core.utils.utils import serialize

from catalog import tuning
from catalog.spec import Continuous, Integer, ModelSpec, Rival
from catalog.tuning import TuningPlaces

Request = dict[str, Any]
"""Arguments of `HyperParameterTuningJob.create`."""


def request(spec: ModelSpec, search: Rival, places: TuningPlaces, *, run: str, name: str) -> Request:
    return {
        "hyper_parameter_tuning_job_name": name,
        "hyper_parameter_tuning_job_config": _config(spec, search, places),
        "training_job_definition": _trial(spec, search, places, run),
    }


def wire(given: Request) -> dict[str, Any]:
    """The request as the service gets it."""
    names = {
        "hyper_parameter_tuning_job_name": "HyperParameterTuningJobName",
        "hyper_parameter_tuning_job_config": "HyperParameterTuningJobConfig",
        "training_job_definition": "TrainingJobDefinition",
    }
    found: dict[str, Any] = serialize({names[key]: value for key, value in given.items()})
    return found


def _config(spec: ModelSpec, search: Rival, places: TuningPlaces) -> shapes.HyperParameterTuningJobConfig:
    objective = spec.trained.tuning.objective
    return shapes.HyperParameterTuningJobConfig(
        strategy=tuning.STRATEGY,
        hyper_parameter_tuning_job_objective=shapes.HyperParameterTuningJobObjective(
            type=objective.goal, metric_name=objective.name
        ),
        resource_limits=shapes.ResourceLimits(
            max_number_of_training_jobs=places.jobs,
            max_parallel_training_jobs=places.parallel,
            max_runtime_in_seconds=tuning.TUNING_LIMIT_S,
        ),
        parameter_ranges=shapes.ParameterRanges(
            continuous_parameter_ranges=[
                shapes.ContinuousParameterRange(**_span(each))
                for each in search.ranges
                if isinstance(each, Continuous)
            ],
            integer_parameter_ranges=[
                shapes.IntegerParameterRange(**_span(each))
                for each in search.ranges
                if isinstance(each, Integer)
            ],
        ),
        training_job_early_stopping_type=tuning.EARLY_STOPPING,
    )


def _span(span: Continuous | Integer) -> dict[str, str]:
    low, high = f"{span.low:g}", f"{span.high:g}"
    return {"name": span.name, "min_value": low, "max_value": high, "scaling_type": span.scaling}


def _trial(
    spec: ModelSpec, search: Rival, places: TuningPlaces, run: str
) -> shapes.HyperParameterTrainingJobDefinition:
    own = f"s3://{places.models}/{spec.name}"
    return shapes.HyperParameterTrainingJobDefinition(
        static_hyper_parameters=tuning.static_hyperparameters(
            search, code_url=places.code_url, spot=places.spot
        ),
        algorithm_specification=_algorithm(spec, search, places),
        role_arn=places.role_arn,
        input_data_config=[
            _channel(each, f"s3://{places.processed}/{spec.name}/{run}/{each}/") for each in tuning.CHANNELS
        ],
        output_data_config=shapes.OutputDataConfig(
            s3_output_path=f"{own}/trials/", kms_key_id=places.key_arn
        ),
        resource_config=shapes.ResourceConfig(
            instance_type=places.instance,
            instance_count=1,
            volume_size_in_gb=places.volume_gb,
            volume_kms_key_id=places.key_arn,
        ),
        retry_strategy=shapes.RetryStrategy(maximum_retry_attempts=tuning.ATTEMPTS),
        environment=tuning.SCRIPT_MODE,
        **_stopping(places, f"{own}/checkpoints/{run}/"),
        **_network(places),
    )


def _algorithm(
    spec: ModelSpec, search: Rival, places: TuningPlaces
) -> shapes.HyperParameterAlgorithmSpecification:
    metrics = tuning.metrics_to_read(spec, search)
    told = [shapes.MetricDefinition(name=each.name, regex=each.regex) for each in metrics]
    return shapes.HyperParameterAlgorithmSpecification(
        training_image=places.images[search.learner],
        training_input_mode="File",
        **({"metric_definitions": told} if told else {}),
    )


def _channel(name: str, url: str) -> shapes.Channel:
    source = shapes.S3DataSource(
        s3_data_type="S3Prefix", s3_uri=url, s3_data_distribution_type="FullyReplicated"
    )
    return shapes.Channel(
        channel_name=name, data_source=shapes.DataSource(s3_data_source=source), input_mode="File"
    )


def _stopping(places: TuningPlaces, checkpoints: str) -> dict[str, Any]:
    """How long a trial may take; where its instance may be taken away, it goes on from its checkpoint."""
    limit = tuning.TRIAL_LIMIT_S
    if not places.spot:
        return {"stopping_condition": shapes.StoppingCondition(max_runtime_in_seconds=limit)}
    return {
        "stopping_condition": shapes.StoppingCondition(
            max_runtime_in_seconds=limit, max_wait_time_in_seconds=2 * limit
        ),
        "enable_managed_spot_training": True,
        "checkpoint_config": shapes.CheckpointConfig(s3_uri=checkpoints, local_path=tuning.CHECKPOINTS),
    }


def _network(places: TuningPlaces) -> dict[str, Any]:
    if not places.subnets:
        return {}
    vpc = shapes.VpcConfig(security_group_ids=places.security_groups, subnets=places.subnets)
    return {"vpc_config": vpc}
