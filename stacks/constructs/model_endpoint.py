"""The champion of one model behind an auto-scaled endpoint; nothing at all while there is no champion."""

from aws_cdk import Annotations, CfnCondition, CfnParameter, CfnResource, CfnTag, Fn
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from catalog.contract import NO_CHAMPION
from catalog.spec import ModelSpec, RealTimeEndpoint
from stacks.constructs.endpoint_deployment import deployment_config
from stacks.constructs.endpoint_scaling import EndpointScaling
from stacks.constructs.job_role import JobRole, vpc_config
from stacks.constructs.model_alarms import ROLLBACK_PERIOD_S, ROLLBACK_PERIODS, ModelAlarms
from stacks.constructs.training_requests import HOSTING
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.instances import Resolved, resolve_hosting
from stacks.names import VARIANT, champion_parameter, scoped

Config = sagemaker.CfnEndpointConfig


class ModelEndpoint(Construct):
    """Reads the champion's package from its parameter whenever the stack is deployed or updated.

    Model and endpoint config carry no name, so a new champion replaces both and the endpoint moves behind its
    guardrail.
    """

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
        super().__init__(scope, id)
        self._env, self._spec, self._foundation = env, spec, foundation
        self._serving = serving
        self.name = scoped(env, spec)
        champion = CfnParameter(
            self,
            "Champion",
            type="AWS::SSM::Parameter::Value<String>",
            default=champion_parameter(env, spec),
            description="The model package that serves, or none",
        )
        promoted = CfnCondition(
            self, "Promoted", expression=Fn.condition_not(Fn.condition_equals(champion, NO_CHAMPION))
        )
        instance = resolve_hosting(env.endpoint_wish)
        if instance.reason:
            Annotations.of(self).add_warning_v2("ops-ml:instance-wish", instance.reason)
        served = Construct(self, "Served")
        model = self._model(served, champion.value_as_string, self._role())
        config = self._config(served, model, instance)
        alarms = ModelAlarms(
            served, "Alarms", env=env, spec=spec, topic_arn=foundation.topic.topic_arn, instance=instance
        )
        if alarms.rollback:
            _refuse_late_alarms(env)
        endpoint = sagemaker.CfnEndpoint(
            served,
            "Endpoint",
            endpoint_name=self.name,
            endpoint_config_name=config.attr_endpoint_config_name,
            retain_all_variant_properties=True,
            deployment_config=deployment_config(env.guardrail, alarms.rollback),
            tags=[CfnTag(key="ops-ml:model", value=spec.name)],
        )
        if env.scales:
            EndpointScaling(
                served,
                "Scaling",
                env=env,
                spec=spec,
                serving=serving,
                endpoint_name=endpoint.attr_endpoint_name,
            )
        for resource in served.node.find_all():
            if isinstance(resource, CfnResource):
                resource.cfn_options.condition = promoted

    def _role(self) -> JobRole:
        foundation, spec = self._foundation, self._spec
        role = JobRole(
            self, "Role", env=self._env, foundation=foundation, description=f"Endpoint {self.name}"
        )
        role.may_read(foundation.models, f"{spec.name}/*")
        role.may_write(foundation.processed, f"{spec.name}/capture/*")
        return role

    def _model(self, scope: Construct, package: str, role: JobRole) -> sagemaker.CfnModel:
        model = sagemaker.CfnModel(
            scope,
            "Model",
            execution_role_arn=role.role_arn,
            enable_network_isolation=True,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=package, environment={**HOSTING, "MODEL_VERSION": package}
            ),
            vpc_config=self._vpc(),
        )
        model.node.add_dependency(role)
        return model

    def _vpc(self) -> sagemaker.CfnModel.VpcConfigProperty | None:
        vpc = vpc_config(self._foundation)
        if vpc is None:
            return None
        return sagemaker.CfnModel.VpcConfigProperty(
            security_group_ids=list(vpc["SecurityGroupIds"]), subnets=list(vpc["Subnets"])
        )

    def _config(
        self, scope: Construct, model: sagemaker.CfnModel, instance: Resolved
    ) -> sagemaker.CfnEndpointConfig:
        key = self._foundation.key.key_arn
        variant = Config.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model.attr_model_name,
            initial_instance_count=self._env.initial_instances,
            initial_variant_weight=1,
            instance_type=instance.instance_type,
        )
        return Config(
            scope,
            "Config",
            kms_key_id=key if instance.encrypts_volume else None,
            production_variants=[variant],
            data_capture_config=Config.DataCaptureConfigProperty(
                enable_capture=True,
                initial_sampling_percentage=self._serving.data_capture_percent,
                destination_s3_uri=f"s3://{self._foundation.processed.bucket_name}/{self._spec.name}/capture",
                kms_key_id=key,
                capture_options=[
                    Config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
                ],
                capture_content_type_header=Config.CaptureContentTypeHeaderProperty(
                    json_content_types=["application/json"]
                ),
            ),
        )


def _refuse_late_alarms(env: Environment) -> None:
    """An alarm that needs longer than the shortest watch rises when the old fleet is gone already."""
    watch_s, needed_s = env.guardrail.shortest_watch_s, ROLLBACK_PERIOD_S * ROLLBACK_PERIODS
    if watch_s is not None and watch_s < needed_s:
        raise ValueError(
            f"environment {env.name!r}: the guardrail watches for {watch_s} s, "
            f"rollback alarms need {needed_s}; raise wait_s and bake_s, or watch nothing: AllAtOnce(bake_s=0)"
        )
