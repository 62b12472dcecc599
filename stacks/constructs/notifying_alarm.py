"""How every alarm is built and told."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct


class NotifyingAlarm(cloudwatch.Alarm):
    """Rises above (or falls below) `threshold`, in the metric's own unit, and tells the topic either way."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: sns.ITopic,
        metric: cloudwatch.Metric,
        threshold: float,
        description: str,
        periods: int = 1,
        below: bool = False,
        silence_is_bad: bool = False,
    ) -> None:
        operators = cloudwatch.ComparisonOperator
        silence = cloudwatch.TreatMissingData
        super().__init__(
            scope,
            id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            comparison_operator=operators.LESS_THAN_THRESHOLD if below else operators.GREATER_THAN_THRESHOLD,
            treat_missing_data=silence.BREACHING if silence_is_bad else silence.NOT_BREACHING,
            alarm_description=description,
        )
        action = actions.SnsAction(topic)
        self.add_alarm_action(action)
        self.add_ok_action(action)
