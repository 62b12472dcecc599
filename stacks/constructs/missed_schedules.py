"""What becomes of a scheduled start that fails."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.dead_letters import DeadLetters
from stacks.foundation_stack import FoundationStack


class MissedSchedules(DeadLetters):
    """Receives the starts that the scheduler could not make within a day of tries."""

    def __init__(self, scope: Construct, id: str, *, foundation: FoundationStack) -> None:
        super().__init__(scope, id, foundation=foundation, holds="scheduled starts that did not happen")
        self._key_arn = foundation.key.key_arn

    def role(self, scope: Construct, id: str) -> iam.Role:
        """The role of one schedule. The library grants the target and the queue, not its key."""
        account = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        scheduler = iam.ServicePrincipal("scheduler.amazonaws.com", conditions=account)
        role = iam.Role(scope, id, assumed_by=scheduler)
        role.add_to_policy(
            iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self._key_arn])
        )
        return role
