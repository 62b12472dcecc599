"""A queue for what could not be processed, and the alarm that says so."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.metrics import queue_depth
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.foundation_stack import FoundationStack


class DeadLetters(sqs.Queue):
    """Kept for 14 days; one message raises the alarm."""

    def __init__(
        self, scope: Construct, id: str, *, foundation: FoundationStack, holds: str, fifo: bool | None = None
    ) -> None:
        super().__init__(
            scope,
            id,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=foundation.key,
            enforce_ssl=True,
            fifo=fifo,
            retention_period=Duration.days(14),
        )
        NotifyingAlarm(
            self,
            "NotEmpty",
            topic_arn=foundation.topic.topic_arn,
            metric=queue_depth(self.queue_name),
            threshold=0,
            description=f"Dead letters: {holds}",
        )
