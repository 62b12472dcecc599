"""How every alarm is built and told."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.constructs.metrics import Metric


class NotifyingAlarm(cloudwatch.CfnAlarm):
    """Rises above (or falls below) `threshold`, in the metric's own unit, and tells the topic either way."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic_arn: str,
        metric: Metric,
        threshold: float,
        description: str,
        periods: int = 1,
        below: bool = False,
        name: str | None = None,
    ) -> None:
        dimensions = [
            cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in metric.dimensions
        ]
        percentile = metric.statistic.startswith("p")
        super().__init__(
            scope,
            id,
            alarm_name=name,
            alarm_description=description,
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=dimensions,
            statistic=None if percentile else metric.statistic,
            extended_statistic=metric.statistic if percentile else None,
            period=metric.period_s,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            comparison_operator="LessThanThreshold" if below else "GreaterThanThreshold",
            # where too little is the fault, silence is the fault itself
            treat_missing_data="breaching" if below else "notBreaching",
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
        )
