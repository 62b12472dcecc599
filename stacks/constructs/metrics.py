"""Every metric is named here once; alarms and dashboard share it."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.names import METRIC_NAMESPACE, VARIANT

FIVE_MINUTES = Duration.minutes(5)
MICROSECONDS_PER_MS = 1000


def metric(
    namespace: str,
    name: str,
    dimensions: dict[str, str],
    *,
    statistic: str = "Sum",
    period: Duration = FIVE_MINUTES,
    label: str | None = None,
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=period,
        label=label or name,
    )


class EndpointMetrics:
    """What SageMaker tells of one endpoint. Latency comes in microseconds; CPU is the sum over cores, so it
    reaches 100 percent times the instance's cores."""

    def __init__(self, endpoint: str, period: Duration = FIVE_MINUTES) -> None:
        self.dimensions = {"EndpointName": endpoint, "VariantName": VARIANT}
        self.period = period

    def invocations(self, period: Duration | None = None) -> cloudwatch.Metric:
        return self._request("Invocations", period=period)

    def latency(self, statistic: str = "Average") -> cloudwatch.Metric:
        return self._request("ModelLatency", statistic, label=f"Model latency, {statistic} (microseconds)")

    def errors_5xx(self) -> cloudwatch.Metric:
        return self._request("Invocation5XXErrors")

    def errors_4xx(self) -> cloudwatch.Metric:
        return self._request("Invocation4XXErrors")

    def cpu(self) -> cloudwatch.Metric:
        return self._instance("CPUUtilization")

    def memory(self) -> cloudwatch.Metric:
        return self._instance("MemoryUtilization")

    def _request(
        self, name: str, statistic: str = "Sum", *, period: Duration | None = None, label: str | None = None
    ) -> cloudwatch.Metric:
        return metric(
            "AWS/SageMaker", name, self.dimensions, statistic=statistic, period=period or self.period, label=label
        )

    def _instance(self, name: str) -> cloudwatch.Metric:
        return metric(
            "/aws/sagemaker/Endpoints", name, self.dimensions, statistic="Average", period=self.period
        )


def model_age(environment: str, model: str) -> cloudwatch.Metric:
    """Days since the champion was approved, told daily by the age function."""
    return metric(
        METRIC_NAMESPACE,
        "ModelAgeDays",
        {"Model": model, "Environment": environment},
        statistic="Maximum",
        period=Duration.days(1),
        label=f"{model} (days)",
    )


def function_metric(function: str, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """`Errors`, `Throttles`, `Duration` (milliseconds), `Invocations` of one function."""
    return metric("AWS/Lambda", name, {"FunctionName": function}, statistic=statistic)


def machine_metric(arn: str, name: str) -> cloudwatch.Metric:
    """`ExecutionsFailed`, `ExecutionsTimedOut`, `ExecutionsSucceeded` of one state machine."""
    return metric("AWS/States", name, {"StateMachineArn": arn})


def queue_depth(queue: str) -> cloudwatch.Metric:
    return metric(
        "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue}, statistic="Maximum"
    )


def api_metric(api: str, stage: str, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """`Count`, `4XXError`, `5XXError`, `Latency` (milliseconds) of one REST API's stage."""
    return metric("AWS/ApiGateway", name, {"ApiName": api, "Stage": stage}, statistic=statistic)
