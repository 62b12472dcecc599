"""A function of ours: bundle, layer, role, log group and alarms."""

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from catalog.contract import Contract
from stacks.bundling import Payloads, function_code
from stacks.constructs.metrics import function_metric
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.service_log_group import ServiceLogGroup
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.layer import LayerName, layer_code
from stacks.names import METRIC_NAMESPACE

RUNTIME = lambda_.Runtime.PYTHON_3_12
LAYER_DESCRIPTIONS: dict[LayerName, str] = {
    "functions": "Third-party code of the functions",
    "inference": "Runs models inside functions",
    "solver": "Solves mixed-integer programmes",
    "tracking": "Records experiments",
    "workload": "Codecs of placed work",
    "parquet": "Reads and writes Parquet",
}
METRIC_ALARMS = {"Errors": "fails", "Throttles": "is throttled"}


class PayloadLayer(lambda_.LayerVersion):
    """Third-party code of functions: every function's own, and what only some of them need besides."""

    def __init__(
        self, scope: Construct, id: str, *, payloads: Payloads, name: LayerName = "functions"
    ) -> None:
        super().__init__(
            scope,
            id,
            code=layer_code(payloads, name),
            compatible_runtimes=[RUNTIME],
            description=LAYER_DESCRIPTIONS[name],
        )
        self.payloads = payloads


def native_layers(
    scope: Construct, id: str, *, env: Environment, payloads: Payloads, name: LayerName
) -> list[PayloadLayer]:
    """The layer of compiled code, where the environment's functions need one."""
    return [PayloadLayer(scope, id, payloads=payloads, name=name)] if env.native_layers else []


class PayloadFunction(lambda_.Function):
    """`lambda/<folder>/handler.py` under a role that may log, trace and do what it is granted."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        foundation: FoundationStack,
        layer: PayloadLayer,
        folder: str,
        description: str,
        environment: Mapping[str, str],
        contracts: Iterable[Contract] = (),
        serves: Contract | None = None,
        settings: Mapping[str, object] | None = None,
        more_layers: Sequence[PayloadLayer] = (),
        bare: bool = False,
        name: str | None = None,
        timeout_s: int = 30,
        memory_mb: int = 256,
        reserved: int | None = None,
        vpc: ec2.IVpc | None = None,
        security_group: ec2.ISecurityGroup | None = None,
    ) -> None:
        """A `bare` one does without the layer of all functions; `reserved` is concurrency of its own."""
        place = Construct(scope, id)
        log_group = ServiceLogGroup(place, "Log", env=env, key=foundation.key)
        role = iam.Role(place, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        super().__init__(
            place,
            "Function",
            function_name=name,
            description=description,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.X86_64,
            handler=f"{folder}.handler.handler",
            code=function_code(layer.payloads, folder, contracts, serves=serves, settings=settings),
            layers=[*([] if bare else [layer]), *more_layers],
            role=role,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            timeout=Duration.seconds(timeout_s),
            memory_size=memory_mb,
            reserved_concurrent_executions=reserved,
            vpc=vpc,
            security_groups=[security_group] if security_group else None,
            environment_encryption=foundation.key,
            environment={
                "POWERTOOLS_SERVICE_NAME": folder,
                "POWERTOOLS_METRICS_NAMESPACE": METRIC_NAMESPACE,
                "LOG_LEVEL": env.log_level,
                "ENVIRONMENT": env.name,
                **environment,
            },
        )
        own_name, stack_name = self.function_name, Stack.of(self).stack_name
        for name, verb in METRIC_ALARMS.items():
            NotifyingAlarm(
                place,
                name,
                topic_arn=foundation.topic.topic_arn,
                metric=function_metric(own_name, name),
                threshold=0,
                description=f"Function {folder} of {stack_name} {verb}",
            )

    def allow(self, *actions: str, on: list[str]) -> None:
        """Lets the function do `actions` on these ARNs and on nothing else."""
        self.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=on))

    def allow_items(self, *actions: str, of: dynamodb.ITable, keys: list[str]) -> None:
        """Lets the function do `actions` on items of the table whose partition key is like one of `keys`."""
        self.add_to_role_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{action}" for action in actions],
                resources=[of.table_arn],
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}},
            )
        )
