"""One dashboard per environment: a row for each model, then the API and what runs behind it."""

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.constructs.metrics import EndpointMetrics, api_metric, function_metric, machine_metric, model_age
from stacks.environments import Environment
from stacks.names import promotion_machine, scoped, training_machine

THIRD, WHOLE = 8, 24


def graph(title: str, *metrics: cloudwatch.IMetric, right: Sequence[cloudwatch.IMetric] = ()) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), right=list(right), width=THIRD)


class OperationsDashboard(Construct):
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
        super().__init__(scope, id)
        rows = [self._model_row(env, spec) for spec in models]
        rows += [[cloudwatch.TextWidget(markdown="## API and functions", width=WHOLE, height=1)]]
        rows += [self._api_row(api, functions)]
        rows += [[cloudwatch.TextWidget(markdown="## Training and promotion", width=WHOLE, height=1)]]
        rows += [self._run_row(env, models)]
        cloudwatch.Dashboard(self, "Dashboard", dashboard_name=f"{env.name}-ops-ml", widgets=rows)

    def _model_row(self, env: Environment, spec: ModelSpec) -> list[cloudwatch.IWidget]:
        metrics = EndpointMetrics(scoped(env, spec))
        title = spec.contract.title
        return [
            graph(f"{title}: invocations", metrics.invocations(), right=[metrics.errors_4xx(), metrics.errors_5xx()]),
            graph(f"{title}: latency", metrics.latency(), metrics.latency("p99")),
            graph(f"{title}: machines", metrics.cpu(), metrics.memory()),
        ]

    def _api_row(self, api: tuple[str, str], functions: Mapping[str, str]) -> list[cloudwatch.IWidget]:
        name, stage = api
        counts = [api_metric(name, stage, each) for each in ("Count", "4XXError", "5XXError")]
        latency = [api_metric(name, stage, "Latency", statistic) for statistic in ("p50", "p99")]
        failures = [
            function_metric(function, each) for function in functions.values() for each in ("Errors", "Throttles")
        ]
        return [graph("Requests", *counts), graph("Latency (ms)", *latency), graph("Failures", *failures)]

    def _run_row(self, env: Environment, models: Sequence[ModelSpec]) -> list[cloudwatch.IWidget]:
        names = [*(training_machine(env, spec) for spec in models), promotion_machine(env)]
        stack = Stack.of(self)
        arns = [
            stack.format_arn(
                service="states", resource="stateMachine", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
            )
            for name in names
        ]
        return [
            graph("Succeeded", *(machine_metric(arn, "ExecutionsSucceeded") for arn in arns)),
            graph("Failed", *(machine_metric(arn, "ExecutionsFailed") for arn in arns)),
            graph("Age of the champions", *(model_age(env.name, spec.name) for spec in models)),
        ]
