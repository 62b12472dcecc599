"""Both platforms of placed work side by side, and the router before them."""

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.constructs.metrics import Metric, ServiceMetrics, delivery_metric, function_metric, model_count
from stacks.constructs.operations_dashboard import Graph, widgets
from stacks.environments import Environment
from stacks.names import outcome_stream, router_function, workload


class PlacementDashboard(cloudwatch.CfnDashboard):
    """In the stack of the load balancer, whose name no other stack knows."""

    def __init__(
        self, scope: Construct, id: str, *, env: Environment, spec: ModelSpec, metrics: ServiceMetrics
    ) -> None:
        rows = [_router_row(env, spec), _function_row(workload(env)), *_service_rows(metrics)]
        super().__init__(
            scope,
            id,
            dashboard_name=f"{env.name}-{spec.name}",
            dashboard_body=Stack.of(scope).to_json_string({"widgets": widgets(rows, env.region)}),
        )


def _router_row(env: Environment, spec: ModelSpec) -> list[Graph]:
    name = router_function(env)
    platforms = spec.contract.target.classes
    told = (
        "Routed",
        "FailedOver",
        "Explored",
        "Thrifty",
        *(f"{platform.capitalize()}Failed" for platform in platforms),
    )
    counts = [model_count(env.name, spec.name, each) for each in told]
    failures = [function_metric(name, each, each) for each in ("Errors", "Throttles")]
    behind = delivery_metric(outcome_stream(env), "DeliveryToS3.DataFreshness")
    return [
        ("Router: requests", [function_metric(name, "Invocations")], counts),
        ("Router: time (ms)", _times(name), []),
        ("Router: failures, outcomes' age (s)", failures, [behind]),
    ]


def _function_row(name: str) -> list[Graph]:
    return [
        ("Function: requests", [function_metric(name, "Invocations")], []),
        ("Function: time (ms)", _times(name), []),
        (
            "Function: failures, running at once",
            [function_metric(name, each) for each in ("Errors", "Throttles")],
            [function_metric(name, "ConcurrentExecutions", statistic="Maximum")],
        ),
    ]


def _service_rows(metrics: ServiceMetrics) -> list[list[Graph]]:
    tasks = [metrics.tasks(each, "Average") for each in ("RunningTaskCount", "PendingTaskCount")]
    return [
        [
            ("Service: requests", [metrics.requests()], []),
            ("Service: time (s)", [metrics.latency("p50"), metrics.latency("p99")], []),
            ("Service: failures", [metrics.errors_5xx(), metrics.unanswered()], [metrics.unhealthy()]),
        ],
        [
            ("Service: tasks", [*tasks, metrics.healthy()], []),
            ("Service: CPU (%)", [metrics.cpu()], []),
        ],
    ]


def _times(name: str) -> list[Metric]:
    return [function_metric(name, "Duration", each, statistic=each) for each in ("p50", "p99")]
