"""Where experiments are kept: SageMaker's MLflow app, or one that someone else runs."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.constructs.data_bucket import removal
from stacks.environments import Environment
from stacks.names import tracking_parameter

NO_SERVER = "none"
ARTIFACTS = "mlflow"
"""Pictures and evaluations lie below this prefix of the models bucket."""


class ExperimentTracking(Construct):
    """The parameter tells the recorder where MLflow is. It starts as `none` where someone else runs it; its
    properties must never change there, since CloudFormation would write `none` back along with the change."""

    def __init__(
        self, scope: Construct, id: str, *, env: Environment, models: s3.IBucket, key: kms.IKey
    ) -> None:
        super().__init__(scope, id)
        self.app_arn = self._app(env, models, key) if env.tracking == "app" else None
        address = ssm.CfnParameter(
            self,
            "Address",
            name=tracking_parameter(env),
            type="String",
            value=self.app_arn or NO_SERVER,
        )
        address.apply_removal_policy(removal(env))

    def _app(self, env: Environment, models: s3.IBucket, key: kms.IKey) -> str:
        """Its ARN. It runs and scales by itself; the experiments live and die with it."""
        app = sagemaker.CfnMlflowApp(
            self,
            "App",
            name=f"{env.name}-ops-ml",
            artifact_store_uri=models.s3_url_for_object(ARTIFACTS),
            role_arn=_role(self, models, key).role_arn,
            model_registration_mode="AutoModelRegistrationDisabled",
        )
        app.apply_removal_policy(removal(env))
        return app.attr_arn


def _role(scope: Construct, models: s3.IBucket, key: kms.IKey) -> iam.Role:
    """What the app does with its artifacts, and nothing else."""
    account = {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}
    role = iam.Role(
        scope, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com", conditions=account)
    )
    allowed = {
        ("s3:GetObject", "s3:PutObject"): models.arn_for_objects(f"{ARTIFACTS}/*"),
        ("kms:Decrypt", "kms:GenerateDataKey"): key.key_arn,
    }
    for actions, resource in allowed.items():
        role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[models.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [ARTIFACTS, f"{ARTIFACTS}/*"]}},
        )
    )
    return role
