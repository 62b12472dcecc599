"""Findings of the rule packs that stand, each with its reason.

The gate that runs the packs reads this; it fails on a finding not listed and on an entry no finding needs.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Finding:
    """`rules` stand on resources whose path (inside the stage) matches `paths`; of a rule that tells several
    details, those that match `detail`."""

    paths: str
    rules: tuple[str, ...]
    reason: str
    detail: str = "*"

    def covers(self, path: str, rule: str) -> bool:
        """`rule` as the report writes it: a name, or `name[detail]`."""
        name, _, detail = rule.removesuffix("]").partition("[")
        return name in self.rules and fnmatchcase(path, self.paths) and fnmatchcase(detail, self.detail)


NIST = "NIST.800.53.R5-"
IAM5 = ("AwsSolutions-IAM5",)
WILDCARDS: tuple[Finding, ...] = (
    Finding(
        "*/Role/DefaultPolicy/Resource",
        IAM5,
        "X-Ray, log delivery, metric, ECR login and network interface actions take no resource",
        "Resource::[*]",
    ),
    Finding(
        "*/JobRole/DefaultPolicy/Resource",
        IAM5,
        "Metric, ECR login and network interface actions take no resource",
        "Resource::[*]",
    ),
    Finding(
        "*/DefaultPolicy/Resource",
        IAM5,
        "Objects of one model lie below its prefix, insights below theirs",
        "Resource::*-Foundation:*/[*]",
    ),
    Finding(
        "*/DefaultPolicy/Resource",
        IAM5,
        "SageMaker names log groups by kind of job and shares them between jobs",
        "Resource::*:log-group:/aws/sagemaker/[*]",
    ),
    Finding(
        "Foundation/Tracking/Role/DefaultPolicy/Resource",
        IAM5,
        "Artifacts of experiments lie below a prefix of their own",
        "Resource::<ModelsC55D3500.Arn>/mlflow/[*]",
    ),
    Finding(
        "Training/*/DefaultPolicy/Resource",
        IAM5,
        "Jobs are named after their model and run",
        "Resource::*-job/*-[*]",
    ),
    Finding(
        "*/Role/*Policy*/Resource",
        IAM5,
        "Packages are numbered below their model's group",
        "Resource::*:model-package/*/[*]",
    ),
    Finding(
        "*/Role/*Policy*/Resource",
        IAM5,
        "Executions are named when they start",
        "Resource::*:execution:*-*:[*]",
    ),
    Finding(
        "Training/Watching/Watch/Role/*Policy*/Resource",
        IAM5,
        "References lie below their training's run, which is named when it starts",
        "Resource::*/[*]/evaluation/reference.json",
    ),
    Finding(
        "Training/Promotion/Promote/Role/DefaultPolicy/Resource",
        IAM5,
        "CloudFormation ends a stack's ARN with an id of its own making",
        "Resource::*:stack/*/[*]",
    ),
    Finding(
        "Training/Watching/*Role/DefaultPolicy/Resource",
        IAM5,
        "The scheduler may start any version of the one function it is for",
        "Resource::<WatchingWatchFunction*.Arn>:[*]",
    ),
    Finding(
        "Collection/Collectors/*/Collect/Role/DefaultPolicy/Resource",
        IAM5,
        "The catalogue says of each call of a data set why it takes no resource; a condition names regions",
        "Resource::[*]",
    ),
    Finding(
        "Collection/Collectors/*/Collect/Role/DefaultPolicy/Resource",
        IAM5,
        "Gaps are named by date and window; the role writes those of its own data set",
        "Resource::*/collection_gaps/date=[*]/*-[*]",
    ),
    Finding(
        "Collection/Collectors/*/ScheduleRole/DefaultPolicy/Resource",
        IAM5,
        "The scheduler may start any version of the one function it is for",
        "Resource::<Collectors*Function*.Arn>:[*]",
    ),
)
FINDINGS: tuple[Finding, ...] = (
    *WILDCARDS,
    Finding(
        "*/DefaultPolicy/Resource",
        (f"{NIST}IAMNoInlinePolicy",),
        "Each policy belongs to one role and goes with it; a managed policy could be attached elsewhere",
    ),
    Finding(
        "Api/Api/LogRole/Resource",
        ("AwsSolutions-IAM4",),
        "API Gateway asks for this managed policy on the account's log role; it only writes logs",
    ),
    Finding(
        "Api/Api/Rest/*/Resource",
        ("AwsSolutions-COG4",),
        "Callers are systems and sign with IAM (Signature Version 4); there is no user pool",
    ),
    Finding(
        "Api/Api/Rest/DeploymentStage.v1/Resource",
        ("AwsSolutions-APIG3", f"{NIST}APIGWAssociatedWithWAF"),
        "Every route takes signed requests and is throttled; a firewall is the account's own choice",
    ),
    Finding(
        "Api/Api/Rest/DeploymentStage.v1/Resource",
        (f"{NIST}APIGWCacheEnabledAndEncrypted",),
        "Predictions and insights must not be answered from a cache, and a cache costs by the hour",
    ),
    Finding(
        "Api/Api/Rest/DeploymentStage.v1/Resource",
        (f"{NIST}APIGWSSLEnabled",),
        "A client certificate proves the gateway to HTTP backends; these are Lambda functions behind IAM",
    ),
    Finding(
        "*/Function/Resource",
        ("AwsSolutions-L1", "Serverless-LambdaLatestVersion"),
        "Python 3.12 is what the containers run; handlers share code with them, the layer is locked for it",
    ),
    Finding(
        "*/Function/Resource",
        ("Serverless-LambdaDLQ", f"{NIST}LambdaDLQ"),
        "Called by the API, the router or a state machine, which tell, or from a stream that retries "
        "for a day; what is scheduled raises the error alarm and comes again",
    ),
    Finding(
        "*/Function/Resource",
        (f"{NIST}LambdaConcurrency",),
        "The stage throttles callers; a reserve would fail to deploy in new accounts, which hold ten in all",
    ),
    Finding(
        "*/Function/Resource",
        (f"{NIST}LambdaInsideVPC",),
        "Functions reach AWS APIs only, by TLS and IAM; in the VPC each would need paid interface endpoints",
    ),
    Finding(
        "Training/Tracking/Messages",
        ("Serverless-LambdaEventSourceMappingDestination",),
        "A queue as source has its own dead-letter queue",
    ),
    Finding(
        "*/Un*/Resource",
        ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"),
        "These are the dead-letter queues",
    ),
    Finding(
        "Foundation/Insights/Resource",
        (f"{NIST}DynamoDBInBackupPlan",),
        "Point-in-time recovery covers 35 days, and the stream archives every item to the raw bucket",
    ),
    Finding(
        "Foundation/State/Resource",
        (f"{NIST}DynamoDBInBackupPlan",),
        "Point-in-time recovery covers 35 days; windows and counters are worth no longer",
    ),
    Finding(
        "Foundation/*/Resource",
        (f"{NIST}S3BucketReplicationEnabled",),
        "Buckets are versioned and kept; a copy in a second region is a decision about cost and residency",
    ),
    Finding(
        "Foundation/AccessLogs/Resource",
        (f"{NIST}S3DefaultEncryptionKMS",),
        "S3 delivers access logs only to buckets with its own key",
    ),
    Finding(
        "Foundation/Network/Vpc/Resource",
        (f"{NIST}VPCDefaultSecurityGroupClosed",),
        "CloudFormation cannot change the default group; nothing uses it and no route leaves the VPC",
    ),
    Finding(
        "Placement/Network/Vpc/Resource",
        (f"{NIST}VPCDefaultSecurityGroupClosed",),
        "CloudFormation cannot change the default group; nothing uses it, each part has a group of its own",
    ),
    Finding(
        "Placement/Network/Vpc/NatSubnet*/DefaultRoute",
        (f"{NIST}VPCNoUnrestrictedRouteToIGW",),
        "These subnets hold the NAT gateways and nothing else; what runs lies behind them",
    ),
    Finding(
        "Placement/Service/Balancer/Http/Resource",
        (f"{NIST}ALBHttpToHttpsRedirection", f"{NIST}ELBv2ACMCertificateRequired"),
        "Internal, and its group lets in the router alone; a certificate needs a domain of the owner",
    ),
    Finding(
        "Placement/Service/Balancer/Resource",
        (f"{NIST}ALBWAFEnabled",),
        "The one caller is the router, which has checked the request; a firewall belongs before the API",
    ),
    Finding(
        "Placement/Service/Balancer/Resource",
        (f"{NIST}ELBDeletionProtectionEnabled",),
        "It holds nothing; protected, a first deployment that failed could not be taken back",
    ),
    Finding(
        "Placement/Task/Resource",
        ("AwsSolutions-ECS2",),
        "The variables say where code lies and how much runs at once; none is secret",
    ),
)
