"""The API, the functions behind it, the archive of insights and the environment's dashboard."""

import json
from collections.abc import Iterable, Sequence

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from catalog.contract import Contract
from catalog.spec import ModelSpec
from stacks.bundling import Payloads
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.insight_archive import InsightArchive
from stacks.constructs.model_api import STAGE, ModelApi
from stacks.constructs.model_function import ModelFunction
from stacks.constructs.operations_dashboard import OperationsDashboard
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer, native_layers
from stacks.constructs.remediation_executor import RemediationExecutor
from stacks.constructs.telling_functions import ControlFunction, ModelsFunction
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.layer import LayerName
from stacks.names import arn, model_id, router_function, scoped
from stacks.placement_stack import PlacementStack

CONTROL = (
    ("GET", "health"),
    ("GET", "models/status"),
    ("POST", "models/train"),
    ("GET", "models/train/{id}"),
    ("GET", "metrics"),
    ("ANY", "{proxy+}"),
)
"""What every API tells and takes of its models, below its base. The last says that there is nothing else."""


class ApiStack(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        placement: PlacementStack | None,
        payloads: Payloads,
    ) -> None:
        super().__init__(scope, id, description=f"Operations ML, {env.name}: API and insights")
        self.add_stack_dependency(foundation)
        self._env, self._models, self._foundation = env, models, foundation
        self._layer = PayloadLayer(self, "Layer", payloads=payloads)
        hosted = [spec for spec in models if spec.endpoint]
        functions: dict[str, PayloadFunction] = {
            "predict": self._predict(hosted),
            "models": ModelsFunction(
                self, "Models", env=env, models=models, foundation=foundation, layer=self._layer
            ),
            "control": ControlFunction(
                self, "Control", env=env, models=models, foundation=foundation, layer=self._layer
            ),
            "insights": self._insights(_stored([spec.contract for spec in models])),
        }
        served = self._served()
        api = ModelApi(self, "Api", env=env, foundation=foundation)
        for spec in models:
            api.route("POST", spec.route, served.get(spec.name, functions["predict"]))
        if placement:
            api.route("POST", placement.forward, self._router(placement))
        api.route("GET", "/api/models", functions["models"])
        api.route("GET", "/api/models/{model}/history", functions["models"])
        api.route("POST", "/api/insights", functions["insights"])
        for base in sorted({spec.api for spec in models}):
            for method, path in CONTROL:
                api.route(method, f"{base}/{path}", functions["control"])
        if env.remediation:
            RemediationExecutor(
                self,
                "Remediation",
                env=env,
                remediation=env.remediation,
                foundation=foundation,
                layer=self._layer,
            )
        InsightArchive(self, "Stream", env=env, foundation=foundation, layer=self._layer)
        OperationsDashboard(
            self,
            "Operations",
            env=env,
            models=models,
            api=(api.api_name, STAGE),
            functions={title: function.function_name for title, function in functions.items()},
        )
        CfnOutput(self, "Url", value=api.rest.url)
        CfnOutput(self, "ApiId", value=api.rest.rest_api_id)

    def _function(
        self,
        id: str,
        folder: str,
        about: str,
        contracts: Iterable[Contract],
        environment: dict[str, str],
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

    def _router(self, placement: PlacementStack) -> lambda_.IFunction:
        """By its name: an export would keep the placement from being taken away."""
        self.add_stack_dependency(placement)
        name = arn(self, "lambda", f"function:{router_function(self._env)}")
        return lambda_.Function.from_function_attributes(
            self, "Router", function_arn=name, same_environment=True
        )

    def _arns(self, service: str, resources: Iterable[str]) -> list[str]:
        return [arn(self, service, each) for each in resources]

    def _served(self) -> dict[str, ModelFunction]:
        """The function of each model that has one, by the model's name."""
        found = [(spec, spec.function) for spec in self._models if spec.function]
        if not found:
            return {}
        layers = self._native("Inference", "inference")
        solver = self._native("Solver", "solver") if any(spec.contract.optimizer for spec, _ in found) else []
        return {
            spec.name: ModelFunction(
                self,
                model_id(spec),
                env=self._env,
                spec=spec,
                serving=serving,
                models={each.name: each for each in self._models},
                foundation=self._foundation,
                layer=self._layer,
                inference=[*layers, *(solver if spec.contract.optimizer else [])],
            )
            for spec, serving in found
        }

    def _native(self, id: str, name: LayerName) -> list[PayloadLayer]:
        return native_layers(self, id, env=self._env, payloads=self._layer.payloads, name=name)

    def _predict(self, hosted: list[ModelSpec]) -> PayloadFunction:
        routes = {spec.route: {"model": spec.name, "endpoint": scoped(self._env, spec)} for spec in hosted}
        function = self._function(
            "Predict",
            "predict",
            "Answers predictions from the endpoints, or from the rule where they fail",
            [spec.contract for spec in hosted],
            {
                "ROUTES": json.dumps(routes, sort_keys=True),
                "STATE_TABLE": self._foundation.state.table_name,
            },
        )
        endpoints = [f"endpoint/{scoped(self._env, spec)}" for spec in hosted]
        function.allow("sagemaker:InvokeEndpoint", on=self._arns("sagemaker", endpoints))
        counted = [f"drift#{spec.name}#*" for spec in hosted]
        function.allow_items("PutItem", of=self._foundation.state, keys=counted)
        function.allow("kms:Decrypt", "kms:GenerateDataKey", on=[self._foundation.key.key_arn])
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


def _stored(contracts: list[Contract]) -> list[Contract]:
    """A table takes one record schema, that of the first model; others may read records of their own."""
    return [contract for contract in contracts if contract.record.name == contracts[0].record.name]
