"""The execution role of SageMaker's jobs and endpoints."""

from collections.abc import Iterable, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from catalog.known import Framework
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.images import image_repository_arn

INTERFACE_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


class JobRole(iam.Role):
    """Pulls the images of `frameworks`, writes its own logs and metrics, uses the key; objects are granted by
    prefix."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        foundation: FoundationStack,
        description: str,
        frameworks: Iterable[Framework] = ("xgboost",),
    ) -> None:
        super().__init__(
            scope, id, assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"), description=description
        )
        self._may_log(Stack.of(self))
        self._may_pull(sorted({image_repository_arn(env.region, each) for each in frameworks}))
        self._may_use(foundation)
        if foundation.network:
            # network interfaces of a job are not known beforehand, and EC2's describe calls take no resource
            self.add_to_policy(iam.PolicyStatement(actions=list(INTERFACE_ACTIONS), resources=["*"]))

    def may_read(self, bucket: s3.IBucket, *prefixes: str) -> None:
        self.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]))
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject"], resources=[bucket.arn_for_objects(prefix) for prefix in prefixes]
            )
        )

    def may_write(self, bucket: s3.IBucket, *prefixes: str) -> None:
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject", "s3:AbortMultipartUpload"],
                resources=[bucket.arn_for_objects(prefix) for prefix in prefixes],
            )
        )

    def _may_log(self, stack: Stack) -> None:
        groups = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:/aws/sagemaker/*"
        self.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                resources=[groups],
            )
        )
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],  # the action takes no resource; the namespace confines it
                conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
            )
        )

    def _may_pull(self, repositories: list[str]) -> None:
        self.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=repositories,
            )
        )
        # the action takes no resource
        self.add_to_policy(iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]))

    def _may_use(self, foundation: FoundationStack) -> None:
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
                resources=[foundation.key.key_arn],
            )
        )
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:CreateGrant"],
                resources=[foundation.key.key_arn],
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            )
        )


def vpc_config(foundation: FoundationStack) -> dict[str, Sequence[str]] | None:
    """SageMaker's VpcConfig, or None where the environment has no network."""
    network = foundation.network
    if network is None:
        return None
    return {"SecurityGroupIds": network.security_group_ids, "Subnets": network.subnet_ids}
