"""One model's serving: promotion updates this stack and no other."""

from aws_cdk import DefaultStackSynthesizer, Stack
from constructs import Construct

from catalog.spec import ModelSpec, RealTimeEndpoint
from stacks.constructs.model_endpoint import ModelEndpoint
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack


class ServingStack(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        spec: ModelSpec,
        serving: RealTimeEndpoint,
        foundation: FoundationStack,
    ) -> None:
        super().__init__(
            scope,
            id,
            description=f"Operations ML, {env.name}: {spec.contract.title}",
            # promotion updates this stack as its function, which may read no parameter but the champion
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self.add_stack_dependency(foundation)
        ModelEndpoint(self, "Serving", env=env, spec=spec, serving=serving, foundation=foundation)
