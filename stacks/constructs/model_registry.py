"""What is remembered of a model across all its versions: the package group and the champion."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from catalog.contract import NO_CHAMPION
from catalog.spec import ModelSpec
from stacks.constructs.data_bucket import removal
from stacks.environments import Environment
from stacks.names import champion_parameter, scoped


class ModelRegistry(Construct):
    """Package group and champion parameter of one model.

    The parameter starts as `none` and is written by promotion ever after. Its properties must never change:
    CloudFormation would write `none` back along with the change. A test pins them.
    """

    def __init__(self, scope: Construct, id: str, *, env: Environment, spec: ModelSpec) -> None:
        super().__init__(scope, id)
        group = sagemaker.CfnModelPackageGroup(
            self,
            "PackageGroup",
            model_package_group_name=scoped(env, spec),
            model_package_group_description=f"Versions of {spec.contract.title}",
        )
        champion = ssm.CfnParameter(
            self, "Champion", name=champion_parameter(env, spec), type="String", value=NO_CHAMPION
        )
        # SageMaker refuses to delete a group that holds packages, which would fail the whole destroy
        group.apply_removal_policy(RemovalPolicy.RETAIN)
        champion.apply_removal_policy(removal(env))
