"""What trains, judges and promotes the models of an environment."""

from collections.abc import Sequence

from aws_cdk import Stack
from constructs import Construct

from catalog.spec import ModelSpec
from stacks.bundling import Payloads
from stacks.constructs.experiment_recorder import ExperimentRecorder
from stacks.constructs.missed_schedules import MissedSchedules
from stacks.constructs.model_promotion import ModelPromotion
from stacks.constructs.model_watch import ModelWatch
from stacks.constructs.payload_function import PayloadFunction, PayloadLayer
from stacks.constructs.training_pipeline import TrainingPipeline
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import model_id


class TrainingStack(Stack):
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
        super().__init__(scope, id, description=f"Operations ML, {env.name}: training and promotion")
        models = [spec for spec in models if spec.training]
        self.add_stack_dependency(foundation)
        layer = PayloadLayer(self, "Layer", payloads=payloads)
        gate = PayloadFunction(
            self,
            "Gate",
            env=env,
            foundation=foundation,
            layer=layer,
            folder="gate",
            description="Judges an evaluation against the model's gates",
            environment={},
        )
        evaluations = [foundation.processed.arn_for_objects(f"{spec.name}/*/evaluation/*") for spec in models]
        gate.allow("s3:GetObject", on=evaluations)
        gate.allow("kms:Decrypt", on=[foundation.key.key_arn])
        missed = MissedSchedules(self, "Unstarted", foundation=foundation)
        recorder = ExperimentRecorder(
            self, "Tracking", env=env, models=models, foundation=foundation, layer=layer
        )
        pipelines = Construct(self, "Pipelines")
        for spec in models:
            TrainingPipeline(
                pipelines,
                model_id(spec),
                env=env,
                spec=spec,
                foundation=foundation,
                payloads=payloads,
                gate=gate,
                recorder=recorder,
            )
        ModelPromotion(
            self,
            "Promotion",
            env=env,
            models=models,
            foundation=foundation,
            layer=layer,
            recorder=recorder,
        )
        ModelWatch(
            self, "Watching", env=env, models=models, foundation=foundation, layer=layer, missed=missed
        )
