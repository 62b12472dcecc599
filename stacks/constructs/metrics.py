"""Every metric is named here once; alarms and dashboard share it. Plain data: building it costs no call."""

from dataclasses import dataclass, replace

from stacks.names import METRIC_NAMESPACE, VARIANT

MICROSECONDS_PER_MS = 1000
HOUR, DAY = 3600, 86400


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of CloudWatch; `period_s` in seconds."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Sum"
    period_s: int = 300
    label: str = ""

    def over(self, period_s: int) -> "Metric":
        return replace(self, period_s=period_s)


class EndpointMetrics:
    """What SageMaker tells of one endpoint. Latency comes in microseconds; CPU is the sum over cores, so it
    reaches 100 percent times the instance's cores."""

    def __init__(self, endpoint: str) -> None:
        self.dimensions = (("EndpointName", endpoint), ("VariantName", VARIANT))

    def invocations(self) -> Metric:
        return self._request("Invocations")

    def latency(self, statistic: str = "Average") -> Metric:
        return self._request("ModelLatency", statistic, label=f"Model latency, {statistic} (microseconds)")

    def errors_5xx(self) -> Metric:
        return self._request("Invocation5XXErrors")

    def errors_4xx(self) -> Metric:
        return self._request("Invocation4XXErrors")

    def cpu(self) -> Metric:
        return self._instance("CPUUtilization")

    def memory(self) -> Metric:
        return self._instance("MemoryUtilization")

    def _request(self, name: str, statistic: str = "Sum", *, label: str = "") -> Metric:
        return Metric(
            namespace="AWS/SageMaker", name=name, dimensions=self.dimensions, statistic=statistic, label=label
        )

    def _instance(self, name: str) -> Metric:
        return Metric(
            namespace="/aws/sagemaker/Endpoints", name=name, dimensions=self.dimensions, statistic="Average"
        )


class ServiceMetrics:
    """What a service behind a load balancer tells: its requests by the balancer (latency in seconds), its
    tasks by Container Insights."""

    def __init__(self, *, balancer: str, targets: str, cluster: str, service: str) -> None:
        self._balancer = (("LoadBalancer", balancer),)
        self._targets = (("TargetGroup", targets), *self._balancer)
        self._service = (("ClusterName", cluster), ("ServiceName", service))

    def requests(self) -> Metric:
        return self._answered("RequestCount")

    def errors_5xx(self) -> Metric:
        return self._answered("HTTPCode_Target_5XX_Count")

    def unanswered(self) -> Metric:
        """What the balancer answered in place of a task: none was there, or none in time."""
        return Metric(
            namespace="AWS/ApplicationELB", name="HTTPCode_ELB_5XX_Count", dimensions=self._balancer
        )

    def latency(self, statistic: str) -> Metric:
        return self._answered("TargetResponseTime", statistic, label=statistic)

    def unhealthy(self) -> Metric:
        return self._answered("UnHealthyHostCount", "Maximum")

    def healthy(self) -> Metric:
        return self._answered("HealthyHostCount", "Maximum")

    def cpu(self) -> Metric:
        return Metric(
            namespace="AWS/ECS", name="CPUUtilization", dimensions=self._service, statistic="Average"
        )

    def tasks(self, name: str, statistic: str = "Minimum") -> Metric:
        """`RunningTaskCount`, `PendingTaskCount`."""
        return Metric(
            namespace="ECS/ContainerInsights", name=name, dimensions=self._service, statistic=statistic
        )

    def _answered(self, name: str, statistic: str = "Sum", *, label: str = "") -> Metric:
        return Metric(
            namespace="AWS/ApplicationELB",
            name=name,
            dimensions=self._targets,
            statistic=statistic,
            label=label,
        )


def model_age(environment: str, model: str) -> Metric:
    """Days since the champion was approved, told daily by the watching function."""
    return _daily(environment, model, "ModelAgeDays", "days")


def feature_drift(environment: str, model: str) -> Metric:
    """How far the live inputs lie from the champion's, told daily: the index (PSI) of the worst feature."""
    return _daily(environment, model, "FeatureDrift", "PSI")


def _daily(environment: str, model: str, name: str, unit: str) -> Metric:
    return Metric(
        namespace=METRIC_NAMESPACE,
        name=name,
        dimensions=(("Model", model), ("Environment", environment)),
        statistic="Maximum",
        period_s=DAY,
        label=f"{model} ({unit})",
    )


def model_count(environment: str, model: str, name: str) -> Metric:
    """What functions count of one model: `Predictions`, `Degraded`, `CandidateFaults`, `ModelFaults`."""
    return Metric(
        namespace=METRIC_NAMESPACE,
        name=name,
        dimensions=(("Environment", environment), ("Model", model)),
        label=name,
    )


def collection_metric(environment: str, dataset: str, region: str, name: str) -> Metric:
    """What a collector tells of each run: `Fresh` (1 or 0), `Throttled`, `LostWindows`, `OpenGaps`."""
    return Metric(
        namespace=METRIC_NAMESPACE,
        name=name,
        dimensions=(("Environment", environment), ("Dataset", dataset), ("Region", region)),
        label=f"{dataset} {region} {name}",
    )


def function_metric(function: str, name: str, title: str = "", *, statistic: str = "Sum") -> Metric:
    """`Errors`, `Throttles`, `Duration` (ms) of a function, and its `IteratorAge` (ms) behind a stream."""
    dimensions = (("FunctionName", function),)
    label = f"{title} {name}".strip()
    return Metric(namespace="AWS/Lambda", name=name, dimensions=dimensions, statistic=statistic, label=label)


def machine_metric(arn: str, name: str, title: str = "") -> Metric:
    """`ExecutionsFailed`, `ExecutionsTimedOut`, `ExecutionsSucceeded` of one state machine."""
    return Metric(namespace="AWS/States", name=name, dimensions=(("StateMachineArn", arn),), label=title)


def delivery_metric(stream: str, name: str) -> Metric:
    """`DeliveryToS3.DataFreshness`: seconds that the oldest undelivered record has waited."""
    return Metric(
        namespace="AWS/Firehose",
        name=name,
        dimensions=(("DeliveryStreamName", stream),),
        statistic="Maximum",
    )


def queue_depth(queue: str) -> Metric:
    return Metric(
        namespace="AWS/SQS",
        name="ApproximateNumberOfMessagesVisible",
        dimensions=(("QueueName", queue),),
        statistic="Maximum",
    )


def queue_age(queue: str) -> Metric:
    """Seconds that the oldest message has waited."""
    return Metric(
        namespace="AWS/SQS",
        name="ApproximateAgeOfOldestMessage",
        dimensions=(("QueueName", queue),),
        statistic="Maximum",
    )


def api_metric(api: str, stage: str, name: str, statistic: str = "Sum") -> Metric:
    """`Count`, `4XXError`, `5XXError`, `Latency` (milliseconds) of one REST API's stage."""
    dimensions = (("ApiName", api), ("Stage", stage))
    return Metric(namespace="AWS/ApiGateway", name=name, dimensions=dimensions, statistic=statistic)
