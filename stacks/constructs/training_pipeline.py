"""Everything that trains one model: bundle, role, state machine."""

from dataclasses import asdict

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from catalog.names import tuning_output
from catalog.spec import ModelSpec
from stacks.bundling import Payloads, training_asset
from stacks.constructs.experiment_recorder import ExperimentRecorder
from stacks.constructs.job_role import JobRole, vpc_config
from stacks.constructs.traced_machine import TracedMachine
from stacks.constructs.training_definition import training_definition
from stacks.constructs.training_requests import JobPlaces
from stacks.constructs.tuning_request import tuning_places
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.images import PROCESSING, frameworks, image_repository_arn
from stacks.names import arn, champion_parameter, scoped, training_machine, tuning_prefixes


class TrainingPipeline(Construct):
    """Trains on any data profile, as its executions say."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        spec: ModelSpec,
        foundation: FoundationStack,
        payloads: Payloads,
        gate: lambda_.IFunction,
        recorder: ExperimentRecorder,
    ) -> None:
        super().__init__(scope, id)
        learners = [search.learner for search in spec.trained.searches]
        code = training_asset(self, "Code", payloads, spec.contract, learners=learners)
        role = JobRole(
            self,
            "JobRole",
            env=env,
            foundation=foundation,
            description=f"Jobs of {scoped(env, spec)}",
            frameworks=(PROCESSING, *frameworks(spec)),
        )
        role.may_read(foundation.raw, f"{spec.contract.record.raw}/*")
        role.may_read(foundation.processed, f"{spec.name}/*")
        role.may_read(foundation.models, f"{spec.name}/*")
        role.may_read(code.bucket, code.s3_object_key)
        role.may_write(foundation.processed, f"{spec.name}/*")
        role.may_write(foundation.models, f"{spec.name}/*")
        places = JobPlaces(
            env=env,
            spec=spec,
            role_arn=role.role_arn,
            key_arn=foundation.key.key_arn,
            raw=foundation.raw.bucket_name,
            processed=foundation.processed.bucket_name,
            models=foundation.models.bucket_name,
            code_url=code.s3_object_url,
            vpc=vpc_config(foundation),
        )
        topic = foundation.topic.topic_arn
        TracedMachine(
            self,
            "Training",
            env=env,
            foundation=foundation,
            name=training_machine(env, spec),
            definition=training_definition(
                places,
                gate_arn=gate.function_arn,
                topic_arn=topic,
                tracking_url=recorder.queue.queue_url,
            ),
            statements=[*_statements(Stack.of(self), places, foundation, gate), recorder.may_be_told()],
        )
        told = CfnOutput(self, "Tuning", value=Stack.of(self).to_json_string(asdict(tuning_places(places))))
        told.override_logical_id(tuning_output(spec.name))


def _statements(
    stack: Stack, places: JobPlaces, foundation: FoundationStack, gate: lambda_.IFunction
) -> list[iam.PolicyStatement]:
    """What the state machine may do: its own jobs, its own packages, its own champion."""
    env, spec = places.env, places.spec
    name = scoped(env, spec)

    def own(resource: str, service: str = "sagemaker") -> str:
        return arn(stack, service, resource)

    def allow(
        actions: list[str], *resources: str, conditions: dict[str, dict[str, str]] | None = None
    ) -> iam.PolicyStatement:
        return iam.PolicyStatement(actions=actions, resources=list(resources), conditions=conditions)

    def tuned(resource: str) -> list[str]:
        return [own(f"{resource}/{prefix}-*") for prefix in tuning_prefixes(env, spec)]

    def job(kind: str) -> list[str]:
        # waiting for a job (.sync) tags it as the execution's and reads the tags back
        tags = ["sagemaker:AddTags", "sagemaker:ListTags"]
        return [*(f"sagemaker:{verb}{kind}" for verb in ("Create", "Describe", "Stop")), *tags]

    return [
        allow(job("ProcessingJob"), own(f"processing-job/{name}-*")),
        allow(job("HyperParameterTuningJob"), *tuned("hyper-parameter-tuning-job")),
        allow(["sagemaker:DescribeTrainingJob"], *tuned("training-job")),
        allow(
            ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"],
            own(f"model-package-group/{name}"),
            own(f"model-package/{name}/*"),
        ),
        allow(["ssm:GetParameter"], own(f"parameter{champion_parameter(env, spec)}", "ssm")),
        allow(["lambda:InvokeFunction"], gate.function_arn),
        allow(["sns:Publish"], foundation.topic.topic_arn),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], foundation.key.key_arn),
        # SageMaker reads artifact and image as the caller when a package is registered
        allow(["s3:GetObject"], foundation.models.arn_for_objects(f"{spec.name}/*")),
        allow(
            ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            *(image_repository_arn(env.region, each) for each in frameworks(spec)),
        ),
        allow(
            ["iam:PassRole"],
            places.role_arn,
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        # Step Functions waits for jobs through rules of these fixed names
        allow(
            ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            own("rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule", "events"),
            own("rule/StepFunctionsGetEventsForSageMakerHyperParameterTuningJobsRule", "events"),
        ),
    ]
