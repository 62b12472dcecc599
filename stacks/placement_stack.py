"""Both platforms of placed work, the router before them and the stream of what came of it."""

from collections.abc import Sequence

from aws_cdk import CfnOutput
from constructs import Construct

from catalog.contract import Placement
from catalog.spec import ModelSpec, Router
from stacks.bundling import Payloads
from stacks.constructs.outcome_stream import OutcomeStream
from stacks.constructs.payload_function import PayloadLayer, native_layers
from stacks.constructs.placement_dashboard import PlacementDashboard
from stacks.constructs.router_function import RouterFunction
from stacks.constructs.service_alarms import ServiceAlarms
from stacks.constructs.twin_network import TwinNetwork
from stacks.constructs.workload_function import WorkloadFunction
from stacks.constructs.workload_service import WorkloadService
from stacks.constructs.workload_task import WorkloadTask
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.placements import PlacementSettings
from stacks.zoned_stack import ZonedStack


class PlacementStack(ZonedStack):
    """The API's stack finds the router by its name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        settings: PlacementSettings,
        spec: ModelSpec,
        serving: Router,
        twins: Placement,
        models: Sequence[ModelSpec],
        foundation: FoundationStack,
        payloads: Payloads,
    ) -> None:
        super().__init__(scope, id, description=f"Operations ML, {env.name}: placed work and its router")
        self.add_stack_dependency(foundation)
        self.forward = serving.forward
        # a platform that takes half of what the router waits for is about to fail
        slow_ms = 1000 * serving.timeout_s / 2
        layer = PayloadLayer(self, "Layer", payloads=payloads)
        network = TwinNetwork(self, "Network", env=env, settings=settings, key=foundation.key)
        function = WorkloadFunction(
            self,
            "Function",
            env=env,
            settings=settings,
            twin=twins.function,
            slow_ms=slow_ms,
            foundation=foundation,
            layer=layer,
            codecs=native_layers(self, "Codecs", env=env, payloads=payloads, name="workload"),
        )
        task = WorkloadTask(
            self,
            "Task",
            env=env,
            settings=settings,
            twin=twins.service,
            foundation=foundation,
            payloads=payloads,
        )
        service = WorkloadService(
            self,
            "Service",
            env=env,
            twin=twins.service,
            slowest_s=serving.timeout_s,
            task=task,
            network=network,
            foundation=foundation,
        )
        ServiceAlarms(
            self,
            "Alarms",
            env=env,
            twin=twins.service,
            slow_ms=slow_ms,
            metrics=service.metrics,
            foundation=foundation,
        )
        outcomes = OutcomeStream(
            self, "Outcomes", env=env, settings=settings, spec=spec, foundation=foundation
        )
        router = RouterFunction(
            self,
            "Router",
            env=env,
            settings=settings,
            spec=spec,
            serving=serving,
            models={each.name: each for each in models},
            foundation=foundation,
            layer=layer,
            inference=native_layers(self, "Inference", env=env, payloads=payloads, name="inference"),
            network=network,
            twin=function,
            service_url=service.url,
            outcomes=outcomes,
        )
        PlacementDashboard(self, "Dashboard", env=env, spec=spec, metrics=service.metrics)
        CfnOutput(self, "FunctionTwin", value=function.function_name)
        CfnOutput(self, "ServiceUrl", value=service.url)
        CfnOutput(self, "RouterName", value=router.function_name)
