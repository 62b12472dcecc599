"""What is remembered of a model across all its versions: the package group and the champion."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from catalog.contract import NO_CHAMPION
from catalog.spec import ModelSpec
from stacks.constructs.data_bucket import removal
from stacks.environments import Environment
from stacks.names import candidate_parameter, champion_parameter, scoped


class ModelRegistry(Construct):
    """Package group and champion parameter of one model; a model in a function has a candidate besides.

    The parameters start as `none` and are written by promotion ever after. Their properties must never
    change: CloudFormation would write `none` back along with the change. A test pins them.
    """

    def __init__(self, scope: Construct, id: str, *, env: Environment, spec: ModelSpec) -> None:
        super().__init__(scope, id)
        group = sagemaker.CfnModelPackageGroup(
            self,
            "PackageGroup",
            model_package_group_name=scoped(env, spec),
            model_package_group_description=f"Versions of {spec.contract.title}",
        )
        written = {"Champion": champion_parameter(env, spec)}
        if spec.function:
            written["Candidate"] = candidate_parameter(env, spec)
        for id_, name in written.items():
            parameter = ssm.CfnParameter(self, id_, name=name, type="String", value=NO_CHAMPION)
            parameter.apply_removal_policy(removal(env))
        # SageMaker refuses to delete a group that holds packages, which would fail the whole destroy
        group.apply_removal_policy(RemovalPolicy.RETAIN)
