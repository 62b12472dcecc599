"""Placed work as a service: tasks behind a load balancer that only the router reaches, scaled on CPU."""

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from catalog.placement import ServiceTwin
from stacks.constructs.metrics import ServiceMetrics
from stacks.constructs.twin_network import TwinNetwork
from stacks.constructs.workload_task import HEALTH, PORT, WorkloadTask
from stacks.environments import Environment
from stacks.foundation_stack import FoundationStack
from stacks.names import workload

HTTP = ec2.Port.tcp(80)


class WorkloadService(Construct):
    """How many tasks there are is the scaling's to say; a count in the template would undo it at updates."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        twin: ServiceTwin,
        slowest_s: int,
        task: WorkloadTask,
        network: TwinNetwork,
        foundation: FoundationStack,
    ) -> None:
        super().__init__(scope, id)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=workload(env),
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self.service = ecs.FargateService(
            self,
            "Service",
            service_name=workload(env),
            cluster=self.cluster,
            task_definition=task,
            vpc_subnets=network.private,
            security_groups=[network.tasks],
            assign_public_ip=False,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            min_healthy_percent=100,
            max_healthy_percent=200,
            health_check_grace_period=Duration.seconds(60),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
        self.balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            vpc_subnets=network.private,
            internet_facing=False,
            security_group=network.balancer,
            drop_invalid_header_fields=True,
            # it holds nothing, and a first deployment that failed could not be taken back
            deletion_protection=False,
        )
        self.balancer.log_access_logs(foundation.access_logs, "workload")
        listener = self.balancer.add_listener(
            "Http", port=80, protocol=elbv2.ApplicationProtocol.HTTP, open=False
        )
        self.balancer.connections.allow_from(network.router, HTTP, "The router")
        self.targets = listener.add_targets(
            "Tasks",
            port=PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            targets=[self.service],
            deregistration_delay=Duration.seconds(slowest_s),
            # one request may be a hundred times the work of another
            load_balancing_algorithm_type=(
                elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS
            ),
            health_check=elbv2.HealthCheck(
                path=HEALTH,
                interval=Duration.seconds(10),
                # a task that is busy answers late, and must not be replaced when it is needed most
                timeout=Duration.seconds(9),
                healthy_threshold_count=2,
                unhealthy_threshold_count=5,
            ),
        )
        self._scale(twin)

    @property
    def metrics(self) -> ServiceMetrics:
        return ServiceMetrics(
            balancer=self.balancer.load_balancer_full_name,
            targets=self.targets.target_group_full_name,
            cluster=self.cluster.cluster_name,
            service=self.service.service_name,
        )

    @property
    def url(self) -> str:
        return f"http://{self.balancer.load_balancer_dns_name}"

    def _scale(self, twin: ServiceTwin) -> None:
        scaling = self.service.auto_scale_task_count(min_capacity=twin.min_tasks, max_capacity=twin.max_tasks)
        scaling.scale_on_cpu_utilization(
            "Cpu",
            target_utilization_percent=100 * twin.target_utilisation,
            scale_out_cooldown=Duration.seconds(twin.scale_out_s),
            scale_in_cooldown=Duration.seconds(twin.scale_in_s),
        )
