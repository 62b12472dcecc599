"""The walker refuses what AWS refuses: names, types, enums, patterns, lengths, ranges."""

from __future__ import annotations

from typing import Any

import pytest

from local.asl_requests import requests_of
from local.request_shapes import check, compiled, refusal, service_model
from tests.local.toys import training, tuning

SERVICES = ("sagemaker", "sagemaker-runtime", "application-autoscaling")


def _config(**changes: Any) -> dict[str, Any]:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "m",
        "InstanceType": "ml.c6i.large",
        "InitialInstanceCount": 1,
    }
    return {"EndpointConfigName": "config", "ProductionVariants": [{**variant, **changes}]}


def test_a_good_request_has_no_problems() -> None:
    assert check("sagemaker", "CreateEndpointConfig", _config()) == []
    assert check("sagemaker", "CreateTrainingJob", {"TrainingJobName": "t", **training()}) == []
    assert check("sagemaker", "CreateHyperParameterTuningJob", tuning("t")) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"InstanceType": "ml.t3.medium"}, "'ml.t3.medium' at 'productionVariants.1.member.instanceType'"),
        ({"InitialInstanceCount": 0}, "must have value greater than or equal to 1"),
        ({"InitialInstanceCount": "1"}, "must be a number (integer)"),
        ({"InitialInstanceCount": True}, "must be a number (integer)"),
        ({"VariantName": "a b"}, "must satisfy regular expression pattern"),
        ({"VariantName": "a" * 64}, "must have length less than or equal to 63"),
        ({"VariantName": None}, "Value null at 'productionVariants.1.member.variantName'"),
        ({"Colour": "red"}, "Unknown parameter 'Colour' at 'productionVariants.1.member'"),
        ({"ModelName": 3}, "Member must be text"),
        ({"ServerlessConfig": []}, "Member must be an object"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], expected: str) -> None:
    problems = check("sagemaker", "CreateEndpointConfig", _config(**changes))
    assert any(expected in problem for problem in problems), problems


def test_every_problem_is_told_at_once() -> None:
    problems = check("sagemaker", "CreateEndpointConfig", _config(InstanceType="x", ModelName="_"))
    assert len(problems) == 2
    assert refusal(problems).startswith("2 validation errors detected: ")


def test_tuning_job_names_end_at_32_characters() -> None:
    problems = check("sagemaker", "CreateHyperParameterTuningJob", tuning("t" * 33))
    assert any("length less than or equal to 32" in problem for problem in problems)


def test_unknown_operations_are_named() -> None:
    assert check("sagemaker", "CreateNothing", {}) == ["sagemaker has no operation CreateNothing"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_the_services_compiles(service: str) -> None:
    model = service_model(service)
    patterns = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}
    assert patterns
    for pattern in patterns:
        compiled(pattern)


def test_java_classes_mean_the_same() -> None:
    metadata = compiled(r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}")
    assert metadata.fullmatch("Güte 0.93 a/b=c")
    assert not metadata.fullmatch("a#b")
    assert compiled(r"\p{Print}+").fullmatch("load policy")
    assert not compiled(r"\p{Print}+").fullmatch("line\nbreak")


def test_dynamic_values_are_skipped_but_names_are_not() -> None:
    params = _config(InstanceType="{% $type %}", ModelName="${Model.ModelName}-1")
    params["ProductionVariants"][0]["VariantName.$"] = "$.variant"
    del params["ProductionVariants"][0]["VariantName"]
    assert check("sagemaker", "CreateEndpointConfig", params, dynamic=True) == []
    assert len(check("sagemaker", "CreateEndpointConfig", params)) == 4
    params["ProductionVariants"][0]["Colour.$"] = "$.colour"
    problems = check("sagemaker", "CreateEndpointConfig", params, dynamic=True)
    assert [problem[:27] for problem in problems] == ["Unknown parameter 'Colour' "]


def test_requests_of_a_state_machine_are_found_and_checked() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::sagemaker:createHyperParameterTuningJob.sync",
        "Parameters": {**tuning("t"), "HyperParameterTuningJobName.$": "$.name"},
        "End": True,
    }
    del task["Parameters"]["HyperParameterTuningJobName"]  # type: ignore[attr-defined]
    inner = {"StartAt": "Tune", "States": {"Tune": task}}
    sdk = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeTrainingJob",
        "Parameters": {},
    }
    definition = {"States": {"Both": {"Type": "Parallel", "Branches": [inner]}, "Describe": sdk}}
    found = list(requests_of(definition))
    assert [(r.state, r.operation) for r in found] == [
        ("Tune", "CreateHyperParameterTuningJob"),
        ("Describe", "DescribeTrainingJob"),
    ]
    assert found[0].problems() == []
    assert found[1].problems() == [
        "Describe: Value null at 'trainingJobName' failed to satisfy constraint: Member must not be null"
    ]
