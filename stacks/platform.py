"""One environment of the platform: builds the stacks and hands their objects over."""

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.api_stack import ApiStack
from stacks.bundling import Payloads
from stacks.collection_stack import CollectionStack
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import model_id
from stacks.placement_stack import PlacementStack
from stacks.serving_stack import ServingStack
from stacks.training_stack import TrainingStack


class Platform(cdk.Stage):
    """`models` meet their `environment` inside the constructs and nowhere before."""

    def __init__(
        self, scope: Construct, *, environment: Environment, models: Sequence[ModelSpec], payloads: Payloads
    ) -> None:
        super().__init__(
            scope,
            environment.stage_id,
            env=cdk.Environment(account=environment.account, region=environment.region),
        )
        foundation = FoundationStack(self, "Foundation", env=environment, models=models)
        TrainingStack(
            self, "Training", env=environment, models=models, foundation=foundation, payloads=payloads
        )
        if environment.collection:
            CollectionStack(
                self,
                "Collection",
                env=environment,
                settings=environment.collection,
                foundation=foundation,
                payloads=payloads,
            )
        for spec in models:
            if spec.endpoint:
                ServingStack(
                    self,
                    model_id(spec),
                    env=environment,
                    spec=spec,
                    serving=spec.endpoint,
                    foundation=foundation,
                )
        ApiStack(
            self,
            "Api",
            env=environment,
            models=models,
            foundation=foundation,
            placement=self._placement(environment, models, foundation, payloads),
            payloads=payloads,
        )

    def _placement(
        self,
        env: Environment,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        payloads: Payloads,
    ) -> PlacementStack | None:
        """Where the environment runs placed work and a model tells where."""
        for spec in models:
            if env.placement and spec.router and spec.contract.placement:
                return PlacementStack(
                    self,
                    "Placement",
                    env=env,
                    settings=env.placement,
                    spec=spec,
                    serving=spec.router,
                    twins=spec.contract.placement,
                    models=models,
                    foundation=foundation,
                    payloads=payloads,
                )
        return None
