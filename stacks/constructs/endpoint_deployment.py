"""How an endpoint's update is rolled out and taken back."""

from collections.abc import Sequence

from aws_cdk import aws_sagemaker as sagemaker

from stacks.constructs.notifying_alarm import NotifyingAlarm
from stacks.guardrails import AllAtOnce, Canary

Endpoint = sagemaker.CfnEndpoint
PROVISIONING_S = 3600


def deployment_config(
    guardrail: AllAtOnce | Canary, alarms: Sequence[NotifyingAlarm]
) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    """Blue/green by `guardrail`; any of `alarms` rolls it back."""
    names = [Endpoint.AlarmProperty(alarm_name=alarm.ref) for alarm in alarms]
    return Endpoint.DeploymentConfigProperty(
        blue_green_update_policy=Endpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=_routing(guardrail),
            termination_wait_in_seconds=guardrail.bake_s,
            maximum_execution_timeout_in_seconds=PROVISIONING_S + guardrail.waits_s,
        ),
        auto_rollback_configuration=Endpoint.AutoRollbackConfigProperty(alarms=names) if names else None,
    )


def _routing(guardrail: AllAtOnce | Canary) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
    if isinstance(guardrail, AllAtOnce):
        return Endpoint.TrafficRoutingConfigProperty(
            type="ALL_AT_ONCE", wait_interval_in_seconds=guardrail.bake_s
        )
    return Endpoint.TrafficRoutingConfigProperty(
        type="CANARY",
        canary_size=Endpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=guardrail.percent),
        wait_interval_in_seconds=guardrail.wait_s,
    )
