"""One dashboard per environment: a row for each model, the API, what runs behind it, collected data."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.collecting import CollectionSettings
from stacks.constructs.metrics import (
    EndpointMetrics,
    Metric,
    api_metric,
    collection_metric,
    feature_drift,
    function_metric,
    machine_metric,
    model_age,
    model_count,
)
from stacks.environments import Environment
from stacks.names import machine_arn, promotion_machine, scoped, training_machine

WIDTH, HEIGHT = 8, 6
Graph = tuple[str, list[Metric], list[Metric]]
"""Title, metrics on the left axis, metrics on the right axis."""


class OperationsDashboard(cloudwatch.CfnDashboard):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        api: tuple[str, str],
        functions: Mapping[str, str],
    ) -> None:
        """`api` is the API's name and stage; `functions` maps a title to the function's name."""
        stack = Stack.of(scope)
        learned = [spec for spec in models if spec.training]
        machines = [*(training_machine(env, spec) for spec in learned), promotion_machine(env)]
        rows = [_model_row(env, spec) for spec in models]
        rows += [_api_row(api, functions), _run_row({name: machine_arn(stack, name) for name in machines})]
        ages = [model_age(env.name, spec.name) for spec in learned]
        drifts = [feature_drift(env.name, spec.name) for spec in learned]
        rows.append([("Age of the champions", ages, []), ("Drift of live inputs", drifts, [])])
        rows += [_collection_row(env, env.collection)] if env.collection else []
        super().__init__(
            scope,
            id,
            dashboard_name=f"{env.name}-ops-ml",
            dashboard_body=stack.to_json_string({"widgets": widgets(rows, env.region)}),
        )


def widgets(rows: Sequence[Sequence[Graph]], region: str) -> list[dict[str, Any]]:
    """Each row's graphs beside each other."""
    return [
        _widget(graph, x=WIDTH * column, y=HEIGHT * line, region=region)
        for line, row in enumerate(rows)
        for column, graph in enumerate(row)
    ]


def _model_row(env: Environment, spec: ModelSpec) -> list[Graph]:
    title = spec.contract.title
    if spec.function:
        return _function_row(env, spec)
    metrics = EndpointMetrics(scoped(env, spec))
    return [
        (f"{title}: invocations", [metrics.invocations()], [metrics.errors_4xx(), metrics.errors_5xx()]),
        (f"{title}: latency", [metrics.latency(), metrics.latency("p99")], []),
        (f"{title}: machines", [metrics.cpu(), metrics.memory()], []),
    ]


def _function_row(env: Environment, spec: ModelSpec) -> list[Graph]:
    name, title = scoped(env, spec), spec.contract.title
    told = ("Predictions", "Degraded", "CandidateFaults", "ModelFaults")
    counts = [model_count(env.name, spec.name, each) for each in told]
    times = [function_metric(name, "Duration", each, statistic=each) for each in ("p50", "p99")]
    failures = [function_metric(name, each) for each in ("Errors", "Throttles")]
    return [
        (f"{title}: predictions", counts, []),
        (f"{title}: time (ms)", times, []),
        (f"{title}: failures", failures, []),
    ]


def _api_row(api: tuple[str, str], functions: Mapping[str, str]) -> list[Graph]:
    name, stage = api
    failures = [
        function_metric(function, each, title)
        for title, function in functions.items()
        for each in ("Errors", "Throttles")
    ]
    return [
        ("Requests", [api_metric(name, stage, each) for each in ("Count", "4XXError", "5XXError")], []),
        ("Latency (ms)", [api_metric(name, stage, "Latency", each) for each in ("p50", "p99")], []),
        ("Failing functions", failures, []),
    ]


def _collection_row(env: Environment, settings: CollectionSettings) -> list[Graph]:
    def told(name: str) -> list[Metric]:
        return [
            collection_metric(env.name, dataset.name, region, name)
            for dataset in settings.datasets()
            for region in settings.places(env.region)
        ]

    return [
        ("Collected data: fresh runs", told("Fresh"), []),
        ("Collected data: gaps", told("OpenGaps"), told("LostWindows")),
        ("Collected data: throttled calls", told("Throttled"), []),
    ]


def _run_row(machines: Mapping[str, str]) -> list[Graph]:
    return [
        (title, [machine_metric(arn, metric, name) for name, arn in machines.items()], [])
        for title, metric in (("Runs done", "ExecutionsSucceeded"), ("Runs failed", "ExecutionsFailed"))
    ]


def _widget(graph: Graph, *, x: int, y: int, region: str) -> dict[str, Any]:
    title, left, right = graph
    lines = [_line(metric, "left") for metric in left] + [_line(metric, "right") for metric in right]
    properties = {"view": "timeSeries", "title": title, "region": region, "metrics": lines}
    return {"type": "metric", "width": WIDTH, "height": HEIGHT, "x": x, "y": y, "properties": properties}


def _line(metric: Metric, axis: str) -> list[Any]:
    dimensions = [part for pair in metric.dimensions for part in pair]
    options = {"stat": metric.statistic, "period": metric.period_s, "yAxis": axis}
    label = {"label": metric.label} if metric.label else {}
    return [metric.namespace, metric.name, *dimensions, {**options, **label}]
