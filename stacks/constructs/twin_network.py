"""The VPC of the placed work: tasks and the router go out through NAT, and nothing comes in from outside."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.constructs.private_network import GATEWAYS
from stacks.constructs.service_log_group import ServiceLogGroup
from stacks.environments import Environment
from stacks.placements import PlacementSettings

HTTPS = ec2.Port.tcp(443)


class TwinNetwork(Construct):
    """Private subnets for all that runs, public ones for NAT alone; S3 and DynamoDB by gateways."""

    def __init__(
        self, scope: Construct, id: str, *, env: Environment, settings: PlacementSettings, key: kms.IKey
    ) -> None:
        super().__init__(scope, id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(settings.cidr),
            max_azs=settings.zones,
            nat_gateways=settings.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Nat",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=24,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(
                    name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24
                ),
            ],
        )
        self.private = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        flows: logs.ILogGroup = ServiceLogGroup(self, "FlowLogs", env=env, key=key)
        self.vpc.add_flow_log("Flow", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))
        for name, service in GATEWAYS.items():
            self.vpc.add_gateway_endpoint(name.capitalize(), service=service, subnets=[self.private])
        self.router = self._group("Router", "Router; nothing comes in")
        self.balancer = self._group("Balancer", "Load balancer; the router comes in")
        self.tasks = self._group("Tasks", "Tasks; the load balancer comes in")
        for group in (self.router, self.tasks):
            group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "APIs of AWS and the image, by TLS")

    def _group(self, id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, id, vpc=self.vpc, description=description, allow_all_outbound=False)
