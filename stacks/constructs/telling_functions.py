"""The functions that tell of all models: their champions, packages, endpoints, and trainings."""

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.constructs.model_directory import directory
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import (
    arn,
    candidate_parameter,
    champion_parameter,
    machine_arn,
    promotion_machine,
    scoped,
    training_machine,
)

MEMORY_MB = 512


class TellingFunction(PayloadFunction):
    """Knows every model by name and may look at what became of it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
        folder: str,
        description: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            env=env,
            foundation=foundation,
            layer=layer,
            folder=folder,
            description=description,
            environment=environment or {},
            settings={"models": directory(env, models)},
            memory_mb=MEMORY_MB,
        )
        learned = [spec for spec in models if spec.training]
        parameters = [champion_parameter(env, spec) for spec in learned]
        parameters += [candidate_parameter(env, spec) for spec in learned if spec.function]
        packages = [f"model-package/{scoped(env, spec)}/*" for spec in learned]
        endpoints = [f"endpoint/{scoped(env, spec)}" for spec in learned if spec.endpoint]
        self.allow(
            "ssm:GetParameter",
            "ssm:GetParameters",
            on=self._arns("ssm", [f"parameter{n}" for n in parameters]),
        )
        self.allow("sagemaker:DescribeModelPackage", on=self._arns("sagemaker", packages))
        self.allow("sagemaker:DescribeEndpoint", on=self._arns("sagemaker", endpoints))

    def _arns(self, service: str, resources: list[str]) -> list[str]:
        return [arn(Stack.of(self), service, each) for each in resources]


class ModelsFunction(TellingFunction):
    """Also looks back: executions, packages, champions and what was noted."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
    ) -> None:
        stack = Stack.of(scope)
        super().__init__(
            scope,
            id,
            env=env,
            models=models,
            foundation=foundation,
            layer=layer,
            folder="models",
            description="Tells every model, its champion and its history",
            environment={
                "MACHINES": machine_arn(stack, ""),
                "PROMOTION": promotion_machine(env),
                "STATE_TABLE": foundation.state.table_name,
            },
        )
        learned = [spec for spec in models if spec.training]
        machines = [*(training_machine(env, spec) for spec in learned), promotion_machine(env)]
        self.allow("states:ListExecutions", on=[machine_arn(stack, name) for name in machines])
        self.allow(
            "states:DescribeExecution", on=self._arns("states", [f"execution:{name}:*" for name in machines])
        )
        groups = [scoped(env, spec) for spec in learned]
        # a list names a group, and is authorized as its packages are
        listed = [f"model-package-group/{group}" for group in groups]
        listed += [f"model-package/{group}/*" for group in groups]
        self.allow("sagemaker:ListModelPackages", on=self._arns("sagemaker", listed))
        self.allow(
            "ssm:GetParameterHistory",
            on=self._arns("ssm", [f"parameter{champion_parameter(env, spec)}" for spec in learned]),
        )
        noted = [f"history#{spec.name}" for spec in models]
        self.allow_items("Query", of=foundation.state, keys=noted)
        self.allow("kms:Decrypt", on=[foundation.key.key_arn])


class ControlFunction(TellingFunction):
    """Also starts trainings, one of a model at a time, and adds counters up."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        layer: PayloadLayer,
    ) -> None:
        super().__init__(
            scope,
            id,
            env=env,
            models=models,
            foundation=foundation,
            layer=layer,
            folder="control",
            description="Tells health, status and metrics of each API's models, and starts their training",
            environment={
                "MACHINES": machine_arn(Stack.of(scope), ""),
                "STATE_TABLE": foundation.state.table_name,
            },
        )
        stack = Stack.of(self)
        machines = [training_machine(env, spec) for spec in models if spec.training]
        self.allow(
            "states:StartExecution",
            "states:ListExecutions",
            on=[machine_arn(stack, name) for name in machines],
        )
        self.allow(
            "states:DescribeExecution", on=self._arns("states", [f"execution:{name}:*" for name in machines])
        )
        own = [*(f"run#{spec.name}" for spec in models), "counter#*"]
        self.allow_items("BatchGetItem", "GetItem", "PutItem", of=foundation.state, keys=own)
        self.allow("kms:Decrypt", "kms:GenerateDataKey", on=[foundation.key.key_arn])
