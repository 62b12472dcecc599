"""SageMaker's own images come with their metrics, and the jobs' output matches them."""

from __future__ import annotations

import re

import pytest

from catalog.spec import ModelSpec
from local.sagemaker import builtin_metrics
from local.sagemaker.errors import ServiceError
from tests.local.toys import IMAGE, OWN_METRICS_IMAGE
from tests.models import ENDPOINTS

OURS = {"TrainingImage": IMAGE}
DEFINED = [{"Name": "loss", "Regex": "loss=(.*)"}]


@pytest.mark.parametrize("spec", ENDPOINTS, ids=lambda spec: spec.name)
def test_the_image_finds_what_the_catalogue_tunes_on(spec: ModelSpec) -> None:
    metric = spec.trained.tuning.objective.name
    line = f"[7]#011train-x:1#011{metric.replace(':', '-')}:0.25"
    patterns = {each["Name"]: each["Regex"] for each in builtin_metrics.definitions(OURS)}
    assert re.findall(patterns[metric], line) == ["0.25"]
    assert re.findall(spec.trained.tuning.objective.regex, line) == ["0.25"]


@pytest.mark.parametrize("spec", ENDPOINTS, ids=lambda spec: spec.name)
def test_what_the_catalogue_tunes_is_tunable(spec: ModelSpec) -> None:
    builtin_metrics.refuse(OURS, [span.name for span in spec.trained.tuning.ranges])


def test_the_image_takes_no_definitions_and_no_unknown_parameter() -> None:
    with pytest.raises(ServiceError, match="can't override the metric definitions"):
        builtin_metrics.refuse(OURS | {"MetricDefinitions": DEFINED}, [])
    with pytest.raises(ServiceError, match=r"not tunable.*'windows'"):
        builtin_metrics.refuse(OURS, ["eta", "windows"])


def test_other_images_run_with_what_the_request_defines() -> None:
    other = {"TrainingImage": OWN_METRICS_IMAGE, "MetricDefinitions": DEFINED}
    builtin_metrics.refuse(other, ["windows"])
    assert builtin_metrics.definitions(other) == DEFINED
