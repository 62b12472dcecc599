"""Auto scaling of an endpoint's variant on invocations per instance and minute."""

from aws_cdk import aws_applicationautoscaling as scaling
from constructs import Construct

from catalog.spec import ModelSpec, RealTimeEndpoint
from stacks.environments import Environment
from stacks.names import VARIANT


class EndpointScaling(Construct):
    """Never below the environment's initial count: a canary needs the instances it was planned for."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        spec: ModelSpec,
        serving: RealTimeEndpoint,
        endpoint_name: str,
    ) -> None:
        super().__init__(scope, id)
        least = max(serving.min_instances, env.initial_instances)
        target = scaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{endpoint_name}/variant/{VARIANT}",
            min_capacity=least,
            max_capacity=max(serving.max_instances, least),
        )
        measure = scaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
        )
        scaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{env.name}-{spec.name}-invocations",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=(
                scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=serving.target_invocations,
                    predefined_metric_specification=measure,
                    scale_in_cooldown=serving.scale_in_cooldown_s,
                    scale_out_cooldown=serving.scale_out_cooldown_s,
                )
            ),
        )
