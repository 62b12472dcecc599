"""Buckets that hold data, and the one that holds their access logs."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.environments import Environment

INCOMPLETE_UPLOADS = s3.LifecycleRule(
    id="IncompleteUploads",
    abort_incomplete_multipart_upload_after=Duration.days(7),
    expired_object_delete_marker=True,  # what expiry leaves behind of a versioned object
)


def tier(storage_class: s3.StorageClass, days: int) -> s3.Transition:
    return s3.Transition(storage_class=storage_class, transition_after=Duration.days(days))


def expiry(prefix: str, days: int) -> s3.LifecycleRule:
    """Objects below `prefix` go after `days`, and what they replaced as fast."""
    return s3.LifecycleRule(
        id=f"Expiry-{prefix.strip('/')}",
        prefix=prefix,
        expiration=Duration.days(days),
        noncurrent_version_expiration=Duration.days(min(days, 90)),
    )


def removal(env: Environment) -> RemovalPolicy:
    return RemovalPolicy.DESTROY if env.deletes_data else RemovalPolicy.RETAIN


class AccessLogBucket(s3.Bucket):
    """S3 delivers access logs only to a bucket with S3's own key (SSE-S3)."""

    def __init__(self, scope: Construct, id: str, *, env: Environment) -> None:
        super().__init__(
            scope,
            id,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=removal(env),
            auto_delete_objects=env.deletes_data,
            lifecycle_rules=[
                INCOMPLETE_UPLOADS,
                s3.LifecycleRule(
                    id="Expiry",
                    transitions=[tier(s3.StorageClass.INFREQUENT_ACCESS, 30)],
                    expiration=Duration.days(365),
                    noncurrent_version_expiration=Duration.days(30),
                ),
            ],
        )


class DataBucket(s3.Bucket):
    """Encrypted with the environment's key, TLS only, versioned, logged, tiered."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        key: kms.IKey,
        access_logs: s3.IBucket,
        transitions: Sequence[s3.Transition] = (),
        expiries: Sequence[s3.LifecycleRule] = (),
    ) -> None:
        tiers = s3.LifecycleRule(
            id="Tiers",
            transitions=list(transitions) or None,
            noncurrent_version_expiration=Duration.days(90),
        )
        super().__init__(
            scope,
            id,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{id.lower()}/",
            removal_policy=removal(env),
            auto_delete_objects=env.deletes_data,
            lifecycle_rules=[INCOMPLETE_UPLOADS, tiers, *expiries],
        )
