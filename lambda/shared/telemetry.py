"""Logs, traces and metrics. Record bodies and secrets never reach them."""

import os
from collections.abc import Mapping

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
_metrics = Metrics(
    namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "OpsMl"),
    service="",  # an alarm names every dimension, so there is none that it does not need
)


def count(
    values: Mapping[str, float], *, model: str | None = None, dimensions: Mapping[str, str] | None = None
) -> None:
    """Emits counts with the dimensions Environment and, where given, Model and others."""
    _metrics.add_dimension("Environment", os.environ.get("ENVIRONMENT", "local"))
    if model:
        _metrics.add_dimension("Model", model)
    for dimension, of in (dimensions or {}).items():
        _metrics.add_dimension(dimension, of)
    for name, value in values.items():
        _metrics.add_metric(name, MetricUnit.Count, value)
    _metrics.flush_metrics()
