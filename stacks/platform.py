"""One environment of the platform: builds the stacks and hands their objects over."""

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.api_stack import ApiStack
from stacks.bundling import Payloads
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import model_id
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
        ApiStack(self, "Api", env=environment, models=models, foundation=foundation, payloads=payloads)
