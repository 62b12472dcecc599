"""The REST API: routes from the specs, IAM authorization, throttling, logs, traces, validation."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.metrics import api_metric
from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.constructs.problem_responses import ProblemResponses
from stacks.constructs.service_log_group import ServiceLogGroup
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack

STAGE = "v1"
MAX_5XX = 5
MAX_4XX = 200
BODY = apigateway.JsonSchema(
    schema=apigateway.JsonSchemaVersion.DRAFT4,
    title="One record, or records",
    type=apigateway.JsonSchemaType.OBJECT,
    min_properties=1,
    properties={
        # how many records one request may hold is the handler's to say: it answers 413 and tells the limit
        "records": apigateway.JsonSchema(
            type=apigateway.JsonSchemaType.ARRAY,
            min_items=1,
            items=apigateway.JsonSchema(type=apigateway.JsonSchemaType.OBJECT),
        )
    },
)


class ModelApi(Construct):
    def __init__(self, scope: Construct, id: str, *, env: Environment, foundation: FoundationStack) -> None:
        super().__init__(scope, id)
        self.api_name = f"{env.name}-ops-ml"
        account = self._may_log()
        log = ServiceLogGroup(self, "AccessLog", env=env, key=foundation.key)
        self.rest = apigateway.RestApi(
            self,
            "Rest",
            rest_api_name=self.api_name,
            description=f"Operations ML, {env.name}",
            cloud_watch_role=False,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            default_method_options=apigateway.MethodOptions(
                authorization_type=apigateway.AuthorizationType.IAM
            ),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=env.requests_per_second,
                throttling_burst_limit=env.burst,
                access_log_destination=apigateway.LogGroupLogDestination(log),
                access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                    caller=True,
                    http_method=True,
                    ip=True,
                    protocol=True,
                    request_time=True,
                    resource_path=True,
                    response_length=True,
                    status=True,
                    user=True,
                ),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                metrics_enabled=True,
                tracing_enabled=True,
            ),
        )
        # API Gateway would make this group itself, kept for ever and without our key
        execution = ServiceLogGroup(
            self,
            "ExecutionLog",
            env=env,
            key=foundation.key,
            name=f"API-Gateway-Execution-Logs_{self.rest.rest_api_id}/{STAGE}",
        )
        self.rest.deployment_stage.node.add_dependency(account, execution)
        ProblemResponses(self, "Problems", api=self.rest)
        self._validator = self.rest.add_request_validator(
            "Body", validate_request_body=True, validate_request_parameters=True
        )
        self._model = self.rest.add_model("Records", schema=BODY, content_type="application/json")
        self._watch(foundation)

    def route(self, method: str, path: str, function: lambda_.IFunction) -> None:
        """Answers `method` on `path` by `function`; a body is held to the schema first."""
        resource = self.rest.root.resource_for_path(path)
        integration = apigateway.LambdaIntegration(function, allow_test_invoke=False)
        if method != "POST":
            resource.add_method(method, integration)
            return
        resource.add_method(
            method,
            integration,
            request_validator=self._validator,
            request_models={"application/json": self._model},
        )

    def _may_log(self) -> apigateway.CfnAccount:
        """API Gateway writes every log through one role of the account and region: other APIs may use it by
        now, so a destroy of this stack leaves it."""
        role = iam.Role(
            self,
            "LogRole",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
                )
            ],
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        for resource in (role, account):
            resource.apply_removal_policy(RemovalPolicy.RETAIN)
        return account

    def _watch(self, foundation: FoundationStack) -> None:
        for name, limit in (("5XXError", MAX_5XX), ("4XXError", MAX_4XX)):
            NotifyingAlarm(
                self,
                f"Errors{name[:3].lower()}",
                topic_arn=foundation.topic.topic_arn,
                metric=api_metric(self.api_name, STAGE, name),
                threshold=limit,
                description=f"{self.api_name}: more than {limit} {name[:3].lower()} answers",
            )
