"""The API, the functions behind it, the archive of insights and the environment's dashboard."""

import json
from collections.abc import Iterable, Sequence

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from catalog.contract import Contract
from catalog.spec import ModelSpec
from stacks.bundling import Payloads
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.insight_archive import InsightArchive
from stacks.constructs.model_api import STAGE, ModelApi
from stacks.constructs.operations_dashboard import OperationsDashboard
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import arn, champion_parameter, scoped


class ApiStack(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        payloads: Payloads,
    ) -> None:
        super().__init__(scope, id, description=f"Operations ML, {env.name}: API and insights")
        self.add_stack_dependency(foundation)
        self._env, self._models, self._foundation = env, models, foundation
        self._layer = PayloadLayer(self, "Layer", payloads=payloads)
        contracts = [spec.contract for spec in models]
        # a table takes one record schema, that of the first model; others may read records of their own
        stored = [contract for contract in contracts if contract.record.name == contracts[0].record.name]
        predict, about, insights = self._predict(contracts), self._about(), self._insights(stored)
        api = ModelApi(self, "Api", env=env, foundation=foundation)
        for spec in models:
            api.route("POST", spec.route, predict)
        api.route("GET", "/api/models", about)
        api.route("GET", "/api/health", about)
        api.route("POST", "/api/insights", insights)
        InsightArchive(self, "Stream", env=env, foundation=foundation, layer=self._layer)
        OperationsDashboard(
            self,
            "Operations",
            env=env,
            models=models,
            api=(api.api_name, STAGE),
            functions={
                "predict": predict.function_name,
                "models": about.function_name,
                "insights": insights.function_name,
            },
        )
        CfnOutput(self, "Url", value=api.rest.url)
        CfnOutput(self, "ApiId", value=api.rest.rest_api_id)

    def _function(
        self, id: str, folder: str, about: str, contracts: Iterable[Contract], environment: dict[str, str]
    ) -> PayloadFunction:
        return PayloadFunction(
            self,
            id,
            env=self._env,
            foundation=self._foundation,
            layer=self._layer,
            folder=folder,
            description=about,
            environment=environment,
            contracts=contracts,
            memory_mb=512,
        )

    def _arns(self, service: str, resources: Iterable[str]) -> list[str]:
        return [arn(self, service, each) for each in resources]

    def _predict(self, contracts: list[Contract]) -> PayloadFunction:
        routes = {
            spec.route: {"model": spec.name, "endpoint": scoped(self._env, spec)} for spec in self._models
        }
        function = self._function(
            "Predict",
            "predict",
            "Answers predictions from the endpoints, or from the rule where they fail",
            contracts,
            {"ROUTES": json.dumps(routes, sort_keys=True)},
        )
        endpoints = [f"endpoint/{scoped(self._env, spec)}" for spec in self._models]
        function.allow("sagemaker:InvokeEndpoint", on=self._arns("sagemaker", endpoints))
        return function

    def _about(self) -> PayloadFunction:
        env = self._env
        models = {
            spec.name: {
                "title": spec.contract.title,
                "route": spec.route,
                "parameter": champion_parameter(env, spec),
                "endpoint": scoped(env, spec),
            }
            for spec in self._models
        }
        function = self._function(
            "Models",
            "models",
            "Tells the models, their champions and their health",
            [],
            {"MODELS": json.dumps(models, sort_keys=True)},
        )
        champions = [f"parameter{champion_parameter(env, spec)}" for spec in self._models]
        packages = [f"model-package/{scoped(env, spec)}/*" for spec in self._models]
        endpoints = [f"endpoint/{scoped(env, spec)}" for spec in self._models]
        function.allow("ssm:GetParameter", "ssm:GetParameters", on=self._arns("ssm", champions))
        function.allow("sagemaker:DescribeModelPackage", on=self._arns("sagemaker", packages))
        function.allow("sagemaker:DescribeEndpoint", on=self._arns("sagemaker", endpoints))
        return function

    def _insights(self, contracts: list[Contract]) -> PayloadFunction:
        foundation = self._foundation
        unstored = DeadLetters(
            self, "Unstored", foundation=foundation, holds="valid insights the table did not take"
        )
        function = self._function(
            "Insights",
            "insights",
            "Checks and stores insights",
            contracts,
            {
                "TABLE": foundation.table.table_name,
                "DEAD_LETTERS": unstored.queue_url,
                "TTL_DAYS": str(self._env.ttl_days),
            },
        )
        function.allow("dynamodb:BatchWriteItem", "dynamodb:PutItem", on=[foundation.table.table_arn])
        function.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])
        function.allow("sqs:SendMessage", on=[unstored.queue_arn])
        return function
